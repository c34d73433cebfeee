// A drawing that tells its story once: its marks appear in an order of their own, when the drawing first comes into
// view. Who asked the system for less motion sees the end at once.

const FADE_MS = 350;
const GROW_MS = 700;

/** Stories that were played in this visit, by name. */
const played = new Set<string>();

const still = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/**
 * An attachment for the drawing. Its marks say when they appear by `data-at`, and `data-grows` where they are drawn;
 * a mark that grows has `pathLength="1"`.
 * @param story a name; the same name is played once; undefined: nothing moves
 */
export function appearOnce(story: string | undefined) {
  return (drawing: Element): (() => void) | void => {
    if (story === undefined || played.has(story) || still()) return;
    const animations = [...drawing.querySelectorAll<SVGElement>('[data-at]')].map((mark) => {
      const delay = Number(mark.dataset['at']);
      const animation =
        mark.dataset['grows'] === undefined
          ? mark.animate([{ opacity: 0 }, {}], { duration: FADE_MS, delay, fill: 'backwards' })
          : mark.animate(
              [
                { strokeDasharray: '1 1', strokeDashoffset: 1 },
                { strokeDasharray: '1 1', strokeDashoffset: 0 },
              ],
              { duration: GROW_MS, delay, fill: 'backwards', easing: 'ease-in-out' },
            );
      animation.pause();
      return animation;
    });
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      observer.disconnect();
      played.add(story);
      for (const animation of animations) animation.play();
    });
    observer.observe(drawing);
    return () => {
      observer.disconnect();
      for (const animation of animations) animation.cancel();
    };
  };
}

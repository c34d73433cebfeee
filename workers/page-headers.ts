// What the page's responses say beside their content, in one place: the build writes the policy into
// index.html, `npm start` and the service worker send all of it.

/** Cross-origin isolation, without which a page gets no shared memory and so no threads. */
export const ISOLATION: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const POLICY: Readonly<Record<string, string>> = {
  'default-src': "'self'",
  // Of eval only what compiles WebAssembly.
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  // Charts are drawn to a picture before they are saved.
  'img-src': "'self' blob: data:",
  // A checkpoint or a judge may lie at any address that a person types in, on this network by plain http.
  'connect-src': "'self' https: http:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** The content security policy. A worker has that of its own script's response, not the page's. */
export const CONTENT_POLICY = Object.entries(POLICY)
  .map(([name, value]) => `${name} ${value}`)
  .join('; ');

/**
 * The policy as headers, which say one thing more than the page itself can: browsers heed
 * `frame-ancestors` in a header alone. No page may frame this one and lead clicks into it.
 */
export const POLICY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `${CONTENT_POLICY}; frame-ancestors 'none'`,
  // For browsers that know no frame-ancestors.
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
};

// The headers of the page's responses, in one place: the build writes the policy into index.html, `npm start`
// and the service worker send all of them.

/** Cross-origin isolation, without which a page gets no shared memory and so no threads. */
export const ISOLATION: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const POLICY: Readonly<Record<string, string>> = {
  'default-src': "'self'",
  // Permits compiling WebAssembly and no other eval.
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  // Charts become a picture before they are saved.
  'img-src': "'self' blob: data:",
  // A checkpoint or a judge may be at any address that the user types in, on the local network by plain http.
  'connect-src': "'self' https: http:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** The content security policy. A worker has the policy of its script's response, not the page's. */
export const CONTENT_POLICY = Object.entries(POLICY)
  .map(([name, value]) => `${name} ${value}`)
  .join('; ');

/**
 * The policy as headers, with one rule that the page cannot state: browsers apply `frame-ancestors` in a
 * header only. No other page may frame this one and intercept clicks.
 */
export const POLICY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `${CONTENT_POLICY}; frame-ancestors 'none'`,
  // For browsers without frame-ancestors.
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
};

// Begins to fetch ONNX Runtime's WebAssembly while the page's own scripts are still on their way; the worker then
// finds it in the browser's cache. Once the service worker keeps it, there is nothing to begin early.
(function () {
  var builds = document.currentScript.dataset;
  if (navigator.serviceWorker && navigator.serviceWorker.controller) return;
  var file = 'Suspending' in WebAssembly ? builds.jspi : builds.asyncify;
  fetch(file)
    .then(function (response) {
      return response.arrayBuffer();
    })
    // The worker fetches it again and says what is wrong.
    .catch(function () {});
})();

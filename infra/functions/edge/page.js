// Every address that is one of the page's own gets index.html; a file is what has an ending.
function handler(event) {
  var request = event.request;
  // Whoever watches must not take the page for "ready": these are answered inside alone.
  if (request.uri === '/readyz' || request.uri === '/metrics') {
    return { statusCode: 404, statusDescription: 'Not Found' };
  }
  var last = request.uri.split('/').pop();
  if (last.indexOf('.') === -1 && request.uri.indexOf('/assets/') !== 0) {
    request.uri = '/index.html';
  }
  return request;
}

// Who asks, as CloudFront knows it: the firewall counts by this. What a client says of itself is
// written over.
function handler(event) {
  var request = event.request;
  request.headers['true-client-ip'] = { value: event.viewer.ip };
  return request;
}

// For http_ece_test.py: lines of "p256dh auth plaintext" from standard input, all base64url, are answered by
// the encrypted message in base64url.

#include <iostream>
#include <string>

#include "transport/crypto/base64.hpp"
#include "transport/providers/webpush/message_encryption.hpp"

int main() {
  dispatch::message_sealer sealer;
  std::string p256dh, auth, text;
  // Each text ends in a full stop, so that an empty one is a word too.
  while (std::cin >> p256dh >> auth >> text) {
    text.pop_back();
    auto body = dispatch::base64url_decode(text);
    if (!body || sealer.seal(p256dh, auth, *body) != dispatch::seal_status::ok) return 1;
    std::cout << dispatch::base64url(*body) << '\n';
  }
  return 0;
}

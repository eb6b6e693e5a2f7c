#include "apps/dispatchctl/vapid.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "apps/dispatchctl/session.hpp"
#include "apps/standard_streams.hpp"
#include "core/printable.hpp"
#include "transport/crypto/base64.hpp"
#include "transport/crypto/p256.hpp"
#include "transport/crypto/p256_pem.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

/// A key in use must not be lost to a typing error: every subscription hangs on it.
void write_new_file(const std::string& path, const std::string& text) {
  const auto fail = [&] { throw command_failed(path + ": " + std::strerror(errno)); };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) fail();
  const auto written = ::write(file, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  if (::close(file) != 0 || !whole) {
    ::unlink(path.c_str());
    fail();
  }
}

}  // namespace

std::string new_vapid_key(const vapid_keygen_options& options) {
  const auto pair = p256().generate();
  const auto pem = p256_pair_to_pem(pair);
  const auto open = base64url({reinterpret_cast<const char*>(pair.open.data()), pair.open.size()});
  const bool to_file = !options.out.empty();
  if (to_file) write_new_file(options.out, pem);
  if (options.json) {
    json::object out{{"public_key", open}};
    out[to_file ? "private_key_file" : "private_key"] = to_file ? options.out : pem;
    return json::serialize(out) + '\n';
  }
  return fmt::format("{}Public key, for the browser's applicationServerKey:\n{}\n",
                     to_file ? "Private key: " + options.out + '\n' : pem, open);
}

int run_vapid_keygen(const vapid_keygen_options& options) {
  const auto text = new_vapid_key(options);
  if (options.json)
    print_painted(printable_json(text));
  else
    print_text(text);
  return 0;
}

}  // namespace dispatch::ctl

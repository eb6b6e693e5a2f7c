// What dispatchctl makes, dispatchd takes.

#include "apps/dispatchctl/vapid.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "apps/dispatchctl/session.hpp"
#include "tests/unit/apps/config/temporary.hpp"
#include "transport/providers/webpush/vapid_credential.hpp"

namespace dispatch::ctl {
namespace {

std::string public_key_of(const std::string& private_key) {
  const auto made = vapid_identity::make(private_key, "mailto:ops@duru.example");
  const auto* identity = std::get_if<std::shared_ptr<const vapid_identity>>(&made);
  return identity ? (*identity)->public_key() : std::get<std::string>(made);
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(vapid_keygen, writes_the_private_key_for_its_owner_alone) {
  const ::dispatch::testing::temporary_folder folder;
  const auto file = folder.path() + "/vapid.pem";
  const auto said = boost::json::parse(new_vapid_key({file, true}));
  EXPECT_EQ(said.at("private_key_file").as_string(), file);
  EXPECT_EQ(said.at("public_key").as_string(), public_key_of(content(file)));
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(vapid_keygen, never_writes_over_a_key) {
  const ::dispatch::testing::temporary_folder folder;
  const auto file = folder.file("vapid.pem", "somebody's key");
  EXPECT_THROW(new_vapid_key({file, false}), command_failed);
  EXPECT_EQ(content(file), "somebody's key");
  EXPECT_THROW(new_vapid_key({folder.path() + "/none/vapid.pem", false}), command_failed);
}

TEST(vapid_keygen, prints_both_keys_without_a_file) {
  const auto json = boost::json::parse(new_vapid_key({"", true}));
  EXPECT_EQ(json.at("public_key").as_string(), public_key_of(json.at("private_key").as_string().c_str()));
  const auto text = new_vapid_key({});
  const auto end = text.find_last_of('\n', text.size() - 2);
  EXPECT_EQ(text.substr(end + 1), public_key_of(text) + "\n") << "what follows the PEM does no harm";
  EXPECT_NE(new_vapid_key({}), text);
}

}  // namespace
}  // namespace dispatch::ctl

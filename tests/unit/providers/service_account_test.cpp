#include "transport/providers/service_account.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

std::string error_of(const std::string& text) {
  const auto parsed = parse_service_account(text);
  const auto* error = std::get_if<service_account_error>(&parsed);
  EXPECT_NE(error, nullptr) << text;
  return error ? error->message : std::string();
}

constexpr auto good =
    R"({"type":"service_account","project_id":"duru","private_key_id":"k1","private_key":"-----SECRET\n",)"
    R"("client_email":"s@duru.iam.gserviceaccount.com","client_id":"1","auth_uri":"https://a",)"
    R"("token_uri":"https://oauth2.googleapis.com/token","universe_domain":"googleapis.com"})";

std::string with(std::string from, const std::string& to) {
  std::string text = good;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(service_account, is_read_from_googles_file) {
  const auto parsed = parse_service_account(good);
  const auto* account = std::get_if<service_account>(&parsed);
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(account->project_id, "duru");
  EXPECT_EQ(account->private_key_id, "k1");
  EXPECT_EQ(account->private_key, "-----SECRET\n");
  EXPECT_EQ(account->client_email, "s@duru.iam.gserviceaccount.com");
  EXPECT_EQ(account->token_uri, "https://oauth2.googleapis.com/token");
}

TEST(service_account, knows_googles_token_endpoint) {
  const auto parsed =
      parse_service_account(with(R"("token_uri":"https://oauth2.googleapis.com/token",)", ""));
  ASSERT_TRUE(std::holds_alternative<service_account>(parsed));
  EXPECT_EQ(std::get<service_account>(parsed).token_uri, "https://oauth2.googleapis.com/token");
}

TEST(service_account, names_the_wrong_field_and_never_the_key) {
  EXPECT_EQ(error_of("not json -----SECRET"), "service account: not a JSON object");
  EXPECT_EQ(error_of("[]"), "service account: not a JSON object");
  EXPECT_EQ(error_of(""), "service account: not a JSON object");
  EXPECT_EQ(error_of(with("\"service_account\"", "\"authorized_user\"")),
            "service account: \"type\" is not \"service_account\"");
  EXPECT_EQ(error_of(with(R"("client_email":"s@duru.iam.gserviceaccount.com",)", "")),
            "service account: \"client_email\" is missing");
  EXPECT_EQ(error_of(with(R"("-----SECRET\n")", "7")),
            "service account: \"private_key\" is not a text or is empty");
  EXPECT_EQ(error_of(with("\"k1\"", "\"\"")),
            "service account: \"private_key_id\" is not a text or is empty");
  EXPECT_EQ(error_of(with("\"duru\"", "\"" + std::string(20'000, 'x') + "\"")),
            "service account: \"project_id\" is too long");
  EXPECT_EQ(error_of(with("https://oauth2", "http://oauth2")),
            "service account: \"token_uri\" is not an https address");
  EXPECT_EQ(error_of(std::string(70'000, ' ')), "service account: longer than 64 KiB");
}

}  // namespace
}  // namespace dispatch

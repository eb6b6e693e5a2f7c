#include "api/config/ingest_tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/key_pair.hpp"
#include "tests/unit/apps/config/temporary.hpp"
#include "transport/crypto/base64.hpp"

namespace dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string whsec = "whsec_" + base64(std::string(32, 'k'));

class ingest_tables_test : public ::testing::Test {
 protected:
  using issues = std::vector<std::string>;

  issues of(const std::vector<credential_settings>& credentials,
            const std::vector<source_settings>& sources = {}, const gorush_settings& gorush = {}) {
    auto result = make_ingest_tables(credentials, sources, gorush);
    tables_ = result.tables;
    EXPECT_EQ(result.tables == nullptr, !result.issues.empty()) << "all is good, or nothing is made";
    issues out;
    for (const auto& each : result.issues) {
      EXPECT_THAT(each.message, ::testing::Not(HasSubstr("geheim")));
      out.push_back(each.key + ": " + each.message);
    }
    return out;
  }
  issues of(const source_settings& source) { return of({}, {source}); }

  static credential_settings credential(const std::string& type) {
    credential_settings made;
    made.name = "c";
    made.type = type;
    return made;
  }
  credential_settings jwt(const std::string& algorithm) {
    auto made = credential("jwt");
    made.algorithm = algorithm;
    made.issuer = "https://idp.example";
    made.audience = "dispatch";
    if (algorithm == "HS256")
      made.secret_file = folder_.file("hs", "geheim-geheim-geheim-geheim-geheim\n");
    else
      made.public_key_file = folder_.file(
          algorithm, (algorithm == "RS256" ? test::make_rsa_keys() : test::make_ec_keys()).public_pem);
    return made;
  }
  source_settings source(const std::string& verify) {
    source_settings made;
    made.name = "s";
    made.verify = verify;
    made.secret = verify == "standard-webhooks" ? whsec : "a geheim of its own";
    made.mapping_file = folder_.file("mapping.json", R"({"job":{"message":{"title":"x"}}})");
    if (verify == "hmac-sha256-hex") made.signature_header = "X-Signature";
    return made;
  }

  testing::temporary_folder folder_;
  std::shared_ptr<const ingest_tables> tables_;
};

TEST_F(ingest_tables_test, nothing_configured_is_an_empty_table) {
  EXPECT_THAT(of(std::vector<credential_settings>()), IsEmpty());
  EXPECT_TRUE(tables_->credentials->empty());
}

TEST_F(ingest_tables_test, credentials_of_every_kind_are_made) {
  auto key = credential("key");
  key.name = "k";
  key.tenant = "duru";
  key.scopes = {"send", "admin"};
  key.key_sha256 = {to_hex(sha256("one")), to_hex(sha256("two"))};
  key.windows = {1, 2, 3};
  auto hmac = credential("hmac");
  hmac.secret_file = folder_.file("whsec", "# old\n" + whsec + "\n\n  " + whsec + "  \r\n");
  auto rs = jwt("RS256"), es = jwt("ES256"), hs = jwt("HS256");
  rs.key_id = "rs";
  es.key_id = "es";
  EXPECT_THAT(of({key, hmac, rs, es, hs}), IsEmpty());
  ASSERT_EQ(tables_->credentials->keys.size(), 2u);
  const auto& who = *tables_->credentials->keys[0].who;
  EXPECT_EQ(who.credential, "key:k");
  EXPECT_EQ(who.tenant, "duru");
  EXPECT_TRUE(who.scopes.has(scope::send) && who.scopes.has(scope::admin) && !who.scopes.has(scope::read));
  EXPECT_EQ(who.windows.hour, 2u);
  EXPECT_EQ(tables_->credentials->jwts.size(), 3u);
  ASSERT_EQ(tables_->credentials->hmacs.size(), 1u);
  EXPECT_EQ(tables_->credentials->hmacs[0].secrets.size(), 2u);
}

TEST_F(ingest_tables_test, what_a_credential_needs_is_asked_for) {
  EXPECT_THAT(of({credential("key")}), ElementsAre("http.credentials.c.key_sha256: is required"));
  EXPECT_THAT(of({credential("hmac")}), ElementsAre("http.credentials.c.secret_file: is required"));
  EXPECT_THAT(
      of({credential("jwt")}),
      ElementsAre("http.credentials.c.issuer: is required: tokens name their key by it",
                  "http.credentials.c.audience: is required: a token for another service is none for us",
                  "http.credentials.c.public_key_file: is required"));
  auto without = credential("key");
  without.key_sha256 = {to_hex(sha256("one"))};
  without.scopes = {};
  EXPECT_THAT(of({without}),
              ElementsAre("http.credentials.c.scopes: is empty: the credential could do nothing"));
  without.scopes = {"send", "root"};
  EXPECT_THAT(of({without}), ElementsAre("http.credentials.c.scopes: must hold only send, read and admin"));
}

TEST_F(ingest_tables_test, keys_that_are_none_are_named_without_showing_them) {
  auto key = jwt("ES256");
  key.public_key_file = folder_.file("private", test::make_ec_keys().private_pem);
  EXPECT_THAT(of({key}), ElementsAre("http.credentials.c.public_key_file: not a PEM public key"));
  key = jwt("ES256");
  key.algorithm = "RS256";
  EXPECT_THAT(of({key}), ElementsAre("http.credentials.c.public_key_file: a key of another type or size"));
  key.public_key_file = folder_.path() + "/none";
  EXPECT_THAT(of({key}), ElementsAre("http.credentials.c.public_key_file: cannot read " + folder_.path() +
                                     "/none: No such file or directory"));
  auto hs = jwt("HS256");
  hs.secret_file = folder_.file("short", "geheim");
  EXPECT_THAT(of({hs}), ElementsAre("http.credentials.c.secret_file: holds a secret shorter than 32 bytes"));
  auto hmac = credential("hmac");
  hmac.secret_file = folder_.file("plain", "geheim\n");
  EXPECT_THAT(of({hmac}), ElementsAre(HasSubstr("must hold secrets of Standard Webhooks")));
  hmac.secret_file = folder_.file("empty", "# nothing\n");
  EXPECT_THAT(of({hmac}), ElementsAre("http.credentials.c.secret_file: holds no secret"));
  hmac.secret = whsec;
  EXPECT_THAT(of({hmac}), ElementsAre("http.credentials.c.secret: stands beside secret_file: one of them"));
}

TEST_F(ingest_tables_test, keys_of_another_type_are_no_silent_mistake) {
  auto key = credential("key");
  key.key_sha256 = {to_hex(sha256("one"))};
  key.issuer = "https://idp.example";
  EXPECT_THAT(of({key}), ElementsAre("http.credentials.c.issuer: has no effect with type key"));
  auto hs = jwt("HS256");
  hs.public_key_file = folder_.file("k.pem", test::make_ec_keys().public_pem);
  EXPECT_THAT(
      of({hs}),
      ElementsAre("http.credentials.c.public_key_file: has no effect with type jwt and algorithm HS256"));
  auto es = jwt("ES256");
  es.secret_file = jwt("HS256").secret_file;
  EXPECT_THAT(of({es}),
              ElementsAre("http.credentials.c.secret_file: has no effect with type jwt and algorithm ES256"));
}

TEST_F(ingest_tables_test, one_credential_is_not_two) {
  auto first = credential("key");
  first.key_sha256 = {to_hex(sha256("one"))};
  auto second = first;
  second.name = "d";
  EXPECT_THAT(of({first, second}),
              ElementsAre("http.credentials.d.key_sha256: holds a digest that stands elsewhere too"));
  EXPECT_THAT(of({jwt("ES256"), jwt("RS256")}),
              ElementsAre("http.credentials.c.key_id: another credential has this issuer and key_id"));
  auto hmac = credential("hmac");
  std::string many;
  for (int i = 0; i < 33; ++i) many += whsec + '\n';
  hmac.secret_file = folder_.file("many", many);
  EXPECT_THAT(of({hmac}), ElementsAre(HasSubstr("more than 32 HMAC secrets in all")));
}

TEST_F(ingest_tables_test, sources_of_every_scheme_are_made) {
  for (const char* verify : {"standard-webhooks", "hmac-sha256-hex", "bearer"}) {
    EXPECT_THAT(of(source(verify)), IsEmpty()) << verify;
    ASSERT_TRUE(tables_->sources.contains("s"));
    EXPECT_EQ(tables_->sources.at("s").who()->credential, "source:s");
    EXPECT_TRUE(tables_->sources.at("s").who()->scopes.has(scope::send));
  }
}

TEST_F(ingest_tables_test, what_is_wrong_with_a_source_is_said) {
  auto wrong = source("hmac-sha256-hex");
  wrong.signature_header = "";
  EXPECT_THAT(of(wrong), ElementsAre(HasSubstr("http.sources.s.signature_header: is required")));
  wrong = source("hmac-sha256-hex");
  wrong.secret = "geheim";
  EXPECT_THAT(of(wrong), ElementsAre("http.sources.s.secret_file: holds a secret shorter than 16 bytes"));
  wrong = source("hmac-sha256-hex");
  wrong.signature_form = "timestamped";
  wrong.signature_prefix = "sha256=";
  EXPECT_THAT(of(wrong),
              ElementsAre("http.sources.s.signature_prefix: has no effect with signature_form timestamped"));
  wrong = source("standard-webhooks");
  wrong.signature_header = "X-Signature";
  EXPECT_THAT(of(wrong),
              ElementsAre("http.sources.s.signature_header: has no effect with verify standard-webhooks"));
  wrong = source("bearer");
  wrong.secret = "";
  EXPECT_THAT(of(wrong), ElementsAre("http.sources.s.secret_file: is required"));
  wrong = source("bearer");
  wrong.delivery_id = "event";
  EXPECT_THAT(of(wrong), ElementsAre(HasSubstr("http.sources.s.delivery_id: must be empty")));
  wrong = source("bearer");
  wrong.mapping_file = folder_.file("bad.json", R"({"job":{"id":"x"}})");
  EXPECT_THAT(of(wrong), ElementsAre("http.sources.s.mapping_file: " + folder_.path() +
                                     "/bad.json: /job/id: is set from the source's configuration"));
  wrong.mapping_file = "";
  EXPECT_THAT(of(wrong), ElementsAre("http.sources.s.mapping_file: is required"));
  wrong = source("bearer");
  wrong.name = std::string(49, 's');
  EXPECT_THAT(of(wrong), ElementsAre(HasSubstr("at most 48 characters")));
}

TEST_F(ingest_tables_test, gorush_callers_need_a_tenant) {
  gorush_settings gorush;
  gorush.allow_from = {"10.0.0.0/8"};
  EXPECT_THAT(of({}, {}, gorush),
              ElementsAre("gorush.tenant: is required with allow_from: whose jobs those are"));
  gorush.tenant = "duru";
  EXPECT_THAT(of({}, {}, gorush), IsEmpty());
  EXPECT_TRUE(tables_->gorush.open_to(*ip_address::parse("10.1.1.1")));
}

}  // namespace
}  // namespace dispatch

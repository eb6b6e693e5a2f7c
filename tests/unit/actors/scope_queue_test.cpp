#include "actors/intake/scope_queue.hpp"

#include <gtest/gtest.h>

#include "core/job/job_parser.hpp"
#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

run_ptr run_of(lane in, const std::string& tenant, std::uint32_t recipients) {
  std::vector<std::pair<platform, std::string>> to(recipients, {platform::android, "t"});
  job_parser parser;
  auto parsed = parser.parse(job_document("", to, "\"tenant\":\"" + tenant + "\","));
  auto owner = std::make_shared<run>();
  owner->document = std::move(std::get<std::unique_ptr<job>>(parsed));
  owner->lane = in;
  owner->states.resize(recipients);
  return owner;
}

TEST(scope_queue, gives_every_item_once) {
  scope_queue queue({8, 4, 1});
  auto owner = run_of(lane::bulk, "t", 1'000);
  queue.push({owner, nullptr, 0, 1'000});
  std::vector<work_item> out;
  while (queue.loaded() > 0) queue.draw(37, out);
  ASSERT_EQ(out.size(), 1'000u);
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_EQ(out[i].position, i);
}

TEST(scope_queue, tenants_take_turns_within_a_lane) {
  scope_queue queue({8, 4, 1});
  queue.push({run_of(lane::normal, "big", 5'000), nullptr, 0, 5'000});
  queue.push({run_of(lane::normal, "small", 1), nullptr, 0, 1});
  std::vector<work_item> out;
  queue.draw(2 * scope_queue::slice_size, out);
  EXPECT_TRUE(std::any_of(out.begin(), out.end(),
                          [](const auto& item) { return item.owner->document->tenant == "small"; }));
}

TEST(scope_queue, tenants_share_evenly_however_little_is_drawn_at_once) {
  scope_queue queue({8, 4, 1});
  queue.push({run_of(lane::normal, "slices", 1'000), nullptr, 0, 1'000});
  for (int i = 0; i < 1'000; ++i) queue.push({run_of(lane::normal, "singles", 1), nullptr, 0, 1});
  std::vector<work_item> out;
  while (out.size() < 512) queue.draw(1, out);
  const auto of_slices = std::count_if(
      out.begin(), out.end(), [](const auto& item) { return item.owner->document->tenant == "slices"; });
  EXPECT_NEAR(double(of_slices), 256.0, scope_queue::slice_size);
}

TEST(scope_queue, what_comes_back_is_first_of_its_tenant) {
  scope_queue queue({8, 4, 1});
  auto waiting = run_of(lane::normal, "t", 10);
  auto back = run_of(lane::normal, "t", 1);
  queue.push({waiting, nullptr, 0, 10});
  queue.push_front({back, nullptr, 0, 1});
  std::vector<work_item> out;
  queue.draw(1, out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].owner, back);
}

}  // namespace
}  // namespace dispatch

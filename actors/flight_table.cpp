#include "actors/flight_table.hpp"

#include <utility>

namespace dispatch {

flight_table::flight_table(scope_number scope, std::function<void(completion_batch_ptr)> completed)
    : outbox_(scope, std::move(completed)) {}

std::vector<provider_request> flight_table::take(std::vector<outgoing>&& items) {
  std::vector<provider_request> requests;
  requests.reserve(items.size());
  for (auto& out : items) {
    out.request.correlation = next_correlation_++;
    flights_.emplace(out.request.correlation, flight{std::move(out.item), nullptr, std::move(out.held)});
    requests.push_back(std::move(out.request));
  }
  count();
  return requests;
}

void flight_table::set_credential(std::uint64_t correlation,
                                  const std::shared_ptr<const header_list>& headers) {
  const auto found = flights_.find(correlation);
  if (found != flights_.end()) found->second.credential = headers;
}

void flight_table::deliver(std::vector<provider_answer>&& answers) {
  auto batch = std::make_shared<completion_batch>();
  batch->answers.reserve(answers.size());
  for (auto& answer : answers) {
    const auto found = flights_.find(answer.correlation);
    if (found == flights_.end()) continue;
    batch->answers.push_back(
        {std::move(found->second.item), std::move(answer), std::move(found->second.credential)});
    flights_.erase(found);
  }
  count();
  outbox_.publish(std::move(batch));
}

void flight_table::fail(const std::vector<provider_request>& requests, send_failure why) {
  if (requests.empty()) return;
  std::vector<provider_answer> answers;
  answers.reserve(requests.size());
  for (const auto& request : requests) {
    provider_answer answer;
    answer.correlation = request.correlation;
    answer.failure = why;
    answers.push_back(std::move(answer));
  }
  deliver(std::move(answers));
}

void flight_table::end_here(std::vector<local_end> ends) {
  if (ends.empty()) return;
  auto batch = std::make_shared<completion_batch>();
  batch->ends = std::move(ends);
  outbox_.publish(std::move(batch));
}

void flight_table::clear() {
  flights_.clear();
  outbox_.clear();
  count();
}

}  // namespace dispatch

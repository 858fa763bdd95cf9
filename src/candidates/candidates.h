#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "candidates/candidate.h"
#include "promcast/candidates.h"

namespace promcast {

/// A new model of that name. `seasons`: lengths in cells, in any order; those below 2 are not used. Models of one
/// season take the shortest (those of the week the longest), models of two the two shortest. nullptr for an unknown
/// name, or when the model needs a season that is not there.
std::unique_ptr<Candidate> MakeCandidate(std::string_view name, std::span<const int> seasons);
/// How many seasons that model needs.
size_t SeasonsNeeded(std::string_view name);
/// croston, holt_winters_multiplicative and models of the logarithm need values with their true zero.
bool NeedsTrueZero(std::string_view name);

}  // namespace promcast

// What prune asks of the machine it runs on. Tests and the simulation give it other clocks and processes.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "store/clock.h"
#include "store/process_identity.h"

namespace vault {

struct PruneEnvironment {
    // Whether the process that put `object` (a session or a condemned list) lives.
    std::function<Liveness(const ProcessIdentity& process, const std::string& object)> liveness_of =
        [](const ProcessIdentity& process, const std::string&) { return liveness(process); };
    std::function<Time()> time = now;  // only chooses whom to fence and which young tombstones to spare
    std::function<void(std::chrono::milliseconds)> pause = [](std::chrono::milliseconds length) {
        std::this_thread::sleep_for(length);
    };
    std::function<void(std::size_t runs)> waits = [](std::size_t) {};  // for so many at work; 0: no longer
    std::chrono::milliseconds wait_limit = std::chrono::minutes(10);  // P5
    std::chrono::hours silence_limit = std::chrono::hours(24);        // P0: of a writer on another machine
    unsigned threads = 0;  // that open and seal boxes; 0: as many as there are cores
};

}  // namespace vault

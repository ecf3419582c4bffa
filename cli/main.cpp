// The door: what went wrong becomes one line on stderr and an exit code.
#include <exception>
#include <new>

#include "cli/descriptor_limit.h"
#include "cli/memory_reuse.h"
#include "cli/run.h"
#include "cli/signals.h"
#include "store/seal/secret.h"

int main(int argc, char** argv) {
    using namespace vault;
    Output output;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    try {
        prepare_process_for_secrets();
        keep_freed_memory();
        raise_descriptor_limit();
        catch_signals();
        const ExitCode code = run_vault(arguments, take_secret_sources(), output);
        output.flush();
        return static_cast<int>(code);
    } catch (const OutputClosed&) {
        return static_cast<int>(ExitCode::OutputClosed);
    } catch (const Error& error) {
        return static_cast<int>(report_failure(arguments, output, error));
    } catch (const std::bad_alloc&) {
        return static_cast<int>(report_failure(arguments, output, Error(ErrorKind::Io, "there is not enough memory")));
    } catch (const std::exception& error) {
        return static_cast<int>(report_failure(arguments, output, Error(ErrorKind::Io, error.what())));
    }
}

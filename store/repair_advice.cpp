// By the folder of the object.
#include "store/repair_advice.h"

#include "store/backend/object_names.h"

namespace vault {

namespace {

// Whether --from a copy puts it back: also once a repair has accepted that it is gone?
enum class ComesBack { Never, Now, LaterToo };

struct Deleted {
    std::string advice;
    ComesBack comes_back = ComesBack::Never;
};

Deleted on_deleted(const std::string& name, const CheckReport& found) {
    const auto is_in = [&](std::string_view folder) { return name.starts_with(folder); };
    if (is_in("snapshots/")) {
        const SessionId sid = session_of_name(name);
        if (!found.fences_gone.contains(sid)) return {"nothing here tells what it held", ComesBack::LaterToo};
        return {"nothing is lost unless that run is still at work; where a prune stops for it, `vault forget " +
                    sid.hex() + "` lets it go on",
                ComesBack::LaterToo};
    }
    if (is_in("marks/"))
        return {"tag its snapshot again where it lacks that; if it was a hold, no rule of this machine forgets it "
                "until `vault hold` or `vault hold --release`",
                ComesBack::LaterToo};
    // What was unforgotten may be wanted since.
    if (is_in("tombstones/")) return {"forget it again where it is listed again", ComesBack::Now};
    if (is_in("damaged/")) return {"`vault check --read-data` finds again what it said", ComesBack::LaterToo};
    if (is_in("decision/"))
        return {"it matters only to a prune that began before that and still runs; else nothing is lost",
                ComesBack::LaterToo};
    if (is_in("sessions/")) return {"a prune may not have waited for its run: check again when that has ended"};
    if (is_in("condemned/") || is_in("waiting/"))
        return {"where a backup ran beside that prune, check again once both have ended"};
    return {"copy this file from a copy of the repository into its place"};  // config/, keyring/
}

std::string advice_on_deleted(const std::string& name, const CheckReport& found, bool accepted) {
    auto [advice, comes_back] = on_deleted(name, found);
    if (!accepted) {
        if (comes_back != ComesBack::Never) advice += "; --from a copy puts it back";
        if (comes_back == ComesBack::Now) advice += ", now but not later";
        return advice + "; a repair without --from accepts that it is gone";
    }
    if (comes_back == ComesBack::LaterToo) advice += "; --from a copy puts it back, later too";
    return advice + "; this machine names it no more, others may";
}

}  // namespace

std::string advice_on(const DamagedObject& object, const CheckReport& found, bool accepted) {
    const auto is_in = [&](std::string_view folder) { return object.name.starts_with(folder); };
    const bool is_gone = object.kind == ErrorKind::NotFound;
    if (is_in("snapshots/")) {
        const SessionId sid = session_of_name(object.name);
        if (is_gone && found.vanished_with_packs.contains(sid))
            return "--from a copy brings it back; if it is not wanted any more, `vault forget " + sid.hex() +
                   "` says so";
        if (!is_gone)
            return "this snapshot cannot be listed or restored; --from a copy brings it back; without one `vault "
                   "forget " + sid.hex() + "` lets prune go on without it";
    }
    if (is_gone && !is_in("packs/") && !is_in("dirs/")) return advice_on_deleted(object.name, found, accepted);
    if (is_in("tombstones/bundle-"))
        return "which snapshots it forgot is not known, and prune stops; --from a copy it is put again; without one "
               "remove it, and forget what then is there again or what check then names";
    if (is_in("tombstones/")) return "its snapshot counts as kept: forget it again, and repair again";
    if (is_in("marks/"))
        return "its snapshot may be held: hold or release it, and repair again; --from a copy puts the mark anew";
    if (is_in("keys/"))
        return "a password, key file or recovery key no longer opens: `vault key remove " + object.name.substr(5) +
               "`, then `vault key add` or `vault key recovery` makes another";
    if (is_in("sessions/")) return "the next prune ends this run when its heartbeats stop";
    if (is_in("waiting/")) return "the next prune or repair settles it";
    if (is_in("damaged/")) return "all of its pack counts as damaged; it goes once that pack is gone";
    if (is_in("condemned/") || is_in("decision/"))
        return "no run may count on packs until it is known which it names: get the object from a copy";
    return "it is not needed to restore";
}

}  // namespace vault

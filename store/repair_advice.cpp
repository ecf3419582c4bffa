// By the folder of the object.
#include "store/repair_advice.h"

#include "store/backend/object_names.h"

namespace vault {

namespace {

struct Deleted {
    std::string advice;
    bool comes_back = false;  // by --from
    bool later_too = false;   // after it was accepted
};

Deleted on_deleted_snapshot(const SessionId& sid, const CheckReport& found) {
    if (found.fences_gone.contains(sid))
        return {"nothing is lost unless that run is still at work; where a prune stops for it, `vault forget " +
                    sid.hex() + "` lets it go on",
                true, true};
    return {"nothing here tells what it held", true, true};
}

Deleted on_deleted(const std::string& name, const CheckReport& found) {
    const auto is_in = [&](std::string_view folder) { return name.starts_with(folder); };
    if (is_in("snapshots/")) return on_deleted_snapshot(session_of_name(name), found);
    if (is_in("marks/"))
        return {"tag its snapshot again where it lacks that; if it was a hold, no rule of this machine forgets it "
                "until `vault hold` or `vault hold --release`",
                true, true};
    // What was unforgotten may be wanted since.
    if (is_in("tombstones/"))
        return {"forget it again where it is listed again", true, false};
    if (is_in("damaged/")) return {"`vault check --read-data` finds again what it said", true, true};
    if (is_in("decision/"))
        return {"it matters only to a prune that began before that and still runs; else nothing is lost", true, true};
    if (is_in("sessions/")) return {"a prune may not have waited for its run: check again when that has ended"};
    if (is_in("condemned/") || is_in("waiting/"))
        return {"where a backup ran beside that prune, check again once both have ended"};
    if (is_in("config/") || is_in("keyring/")) return {"copy this file from a copy of the repository into its place"};
    return {"it is not needed to restore"};
}

std::string advice_on_deleted(const std::string& name, const CheckReport& found, bool accepted) {
    const Deleted deleted = on_deleted(name, found);
    std::string advice = deleted.advice;
    if (deleted.comes_back && (!accepted || deleted.later_too))
        advice += accepted ? "; --from a copy puts it back, later too" : "; --from a copy puts it back";
    if (deleted.comes_back && !accepted && !deleted.later_too) advice += ", now but not later";
    return advice + (accepted ? "; this machine names it no more, others may"
                              : "; a repair without --from accepts that it is gone");
}

}  // namespace

std::string advice_on(const DamagedObject& object, const CheckReport& found, bool accepted) {
    const auto is_in = [&](std::string_view folder) { return object.name.starts_with(folder); };
    const bool is_snapshot = is_in("snapshots/");
    if (object.kind == ErrorKind::NotFound && is_snapshot) {
        const SessionId sid = session_of_name(object.name);
        if (found.vanished_with_packs.contains(sid))
            return "--from a copy brings it back; if it is not wanted any more, `vault forget " + sid.hex() +
                   "` says so";
    }
    if (object.kind == ErrorKind::NotFound && !is_in("packs/") && !is_in("dirs/"))
        return advice_on_deleted(object.name, found, accepted);
    if (is_snapshot)
        return "this snapshot cannot be listed or restored; --from a copy brings it back; without one `vault forget " +
               session_of_name(object.name).hex() + "` lets prune go on without it";
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

// One small function for each kind of object.
#include "store/check_objects.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "store/backend/object_names.h"
#include "store/format/config_record.h"
#include "store/format/control_records.h"
#include "store/format/slot_record.h"
#include "store/quarantine.h"
#include "store/seal/object.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

void require(bool holds, const std::string& why) {
    if (!holds) throw Error(ErrorKind::Corrupt, why);
}

class ObjectCheck {
  public:
    ObjectCheck(const Repository& repository, const std::function<void()>& poll)
        : repository_(repository), poll_(poll) {}

    CheckedObjects run() {
        generations();
        each("keys/", [&](const std::string& name, ByteView object) { slot(name, object); });
        // Tombstones before snapshots: what is forgotten in between only counts as live.
        control("tombstones/", [&](const std::string& name, const OpenedObject& object) { tombstone(name, object); });
        control("snapshots/", [&](const std::string& name, const OpenedObject& object) { snapshot(name, object); });
        control("sessions/", [&](const std::string& name, const OpenedObject& object) { session(name, object); });
        control("marks/", [&](const std::string& name, const OpenedObject& object) {
            const MarkRecord mark = decode_padded(object, name, decode_mark);
            named(name, "marks/" + mark.sid.hex() + "-" + mark.random.hex());
            found_.standing[name] = {.mark = MarkKey(mark.subject, mark.text), .sequence = mark.sequence};
        });
        control("damaged/", [&](const std::string& name, const OpenedObject& object) {
            const DamageRecord damage = decode_padded(object, name, decode_damage);
            named(name, "damaged/" + damage.pack.hex() + "-" + damage.random.hex());
        });
        pruners();
        found_.quarantined = repository_.backend().list("quarantine/").size();
        for (const char* folder : {"refs/", "parity/", "checks/"})
            found_.reserved += repository_.backend().list(folder).size();
        finish_snapshots();
        return std::move(found_);
    }

  private:
    void each(const std::string& folder, const std::function<void(const std::string&, ByteView)>& check) {
        for (const ObjectInfo& info : repository_.backend().list(folder)) {
            poll_();
            note_run(info.name);
            found_.standing.try_emplace(info.name);
            try {
                const Bytes object = repository_.backend().get(info.name);
                ++found_.objects;
                check(info.name, object);
            } catch (const Error& error) {
                if (error.kind() == ErrorKind::NotFound) continue;  // removed since it was listed
                if (!is_finding(error)) throw;
                found_.damaged.push_back({info.name, error.kind(), without_context(info.name, error)});
            }
        }
    }

    void control(const std::string& folder,
                 const std::function<void(const std::string&, const OpenedObject&)>& check) {
        each(folder, [&](const std::string& name, ByteView object) {
            check(name, open_object(repository_.keys(), name, object));
        });
    }

    void note_run(const std::string& name) {
        constexpr std::string_view kBundles = "tombstones/bundle-";
        for (const std::string_view folder : {"snapshots/", "sessions/", "tombstones/"})
            if (name.starts_with(folder) && !name.starts_with(kBundles))
                found_.known.insert(
                    session_of_name(name));
    }

    static void named(const std::string& name, const std::string& said) {
        require(name == said, "it says that it is " + said);
    }

    // Config and keyring: their numbers, and that each names the one before it.
    void generations() {
        std::map<std::string, ObjectHash> hashes;
        std::map<std::string, ObjectHash> predecessors;
        const auto note = [&](const std::string& folder, const std::string& name, ByteView object, const auto& record) {
            named(name, folder + std::to_string(record.generation));
            hashes[name] = ObjectHash{sha256(object)};
            // One that could not be read when this was written is not named.
            if (record.generation > 1 && !record.predecessor.is_zero())
                predecessors[folder + std::to_string(record.generation - 1)] = record.predecessor;
        };
        each("config/", [&](const std::string& name, ByteView object) {
            note("config/", name, object, open_config(repository_.keyring_key(), repository_.id(), name, object));
        });
        each("keyring/", [&](const std::string& name, ByteView object) {
            KeyringRecord record = open_keyring(repository_.keyring_key(), repository_.id(), name, object);
            const KeyringWipedAtEnd wiped(record);
            note("keyring/", name, object, record);
            Cursor cursor(record.config_record, "the keyring's copy of config");
            const ConfigRecord copy = decode_config(cursor);
            cursor.expect_end();
            require(copy.generation == record.config_generation, "its copy of config is of another generation");
            require(copy.shape == repository_.config().shape, "its copy of config has other parameters");
            if (copy.generation > newest_config_) newest_config_ = copy.generation;
        });
        for (const auto& [name, hash] : predecessors)
            if (hashes.contains(name) && hashes.at(name) != hash)
                found_.damaged.push_back({name, ErrorKind::Corrupt, "the generation after it names another"});
        // A writer puts the keyring's copy first and the config after it, so only damage or a kill in between leaves
        // one that is named and not there.
        const auto is_as_new = [&](const ObjectInfo& info) {
            return generation_number(info.name, "config/") >= newest_config_;
        };
        if (newest_config_ > 0 && std::ranges::none_of(repository_.backend().list("config/"), is_as_new))
            found_.damaged.push_back({"config/" + std::to_string(newest_config_), ErrorKind::NotFound,
                                      "it is missing; the keyring has a copy"});
    }

    void slot(const std::string& name, ByteView object) {
        named(name, "keys/" + SlotId{sha256(object)}.hex());
        require(decode_slot_header(object).repository == repository_.id(), name + ": a key of another repository");
    }

    void tombstone(const std::string& name, const OpenedObject& object) {
        if (object.envelope.kind == ObjectKind::Bundle) {
            const BundleRecord bundle = decode_padded(object, name, decode_bundle);
            named(name, "tombstones/bundle-" + bundle.number.hex());
            for (const auto& item : bundle.items) tombstones_.insert(item.sid);
            return;
        }
        const TombstoneRecord record = decode_padded(object, name, decode_tombstone);
        named(name, "tombstones/" + record.sid.hex());
        tombstones_.insert(record.sid);
    }

    void snapshot(const std::string& name, const OpenedObject& object) {
        if (object.envelope.kind == ObjectKind::Fence) {
            named(name, "snapshots/" + decode_padded(object, name, decode_fence).sid.hex());
            found_.standing[name].fence = true;
            return;
        }
        CommitRecord record = decode_padded(object, name, decode_commit);
        named(name, "snapshots/" + record.sid.hex());
        commits_.push_back(std::move(record));
    }

    void session(const std::string& name, const OpenedObject& object) {
        if (object.envelope.kind == ObjectKind::Session) {
            named(name, "sessions/" + decode_padded(object, name, decode_session).sid.hex());
            return;
        }
        const HeartbeatRecord beat = decode_padded(object, name, decode_heartbeat);
        named(name, "sessions/" + beat.sid.hex() + "." + std::to_string(beat.number));
    }

    void pruners() {
        std::map<ControlId, std::size_t> packs;  // condemned, by n
        control("condemned/", [&](const std::string& name, const OpenedObject& object) {
            const CondemnedRecord record = decode_padded(object, name, decode_condemned);
            named(name, "condemned/" + record.number.hex());
            packs[record.number] = record.packs.size();
        });
        control("waiting/", [&](const std::string& name, const OpenedObject& object) {
            named(name, "waiting/" + decode_padded(object, name, decode_waiting).number.hex());
        });
        each("decision/", [&](const std::string& name, ByteView object) {
            try {
                decision(name, open_object(repository_.keys(), name, object), packs);
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::Corrupt || !is_settled_decision(repository_.backend(), name, object))
                    throw;
            }
        });
    }

    static void decision(const std::string& name, const OpenedObject& object,
                         const std::map<ControlId, std::size_t>& packs) {
        const DecisionRecord record = decode_padded(object, name, decode_decision);
        named(name, "decision/" + record.number.hex());
        const auto list = packs.find(record.number);
        require(list == packs.end() || list->second == record.goes.size(),
                name + ": it decides on another number of packs than its condemned list has");
    }

    // Which are live; and whether a writer's numbers have gaps that nobody's tombstone explains.
    void finish_snapshots() {
        std::map<ControlId, std::set<std::uint64_t>> numbers;
        std::uint64_t tombstones_alone = tombstones_.size(), missing = 0, unreadable = 0;
        for (CommitRecord& record : commits_) {
            numbers[record.writer].insert(record.sequence);
            if (tombstones_.contains(record.sid)) {
                --tombstones_alone;
            } else {
                found_.live.push_back(std::move(record));
            }
        }
        found_.known.insert(tombstones_.begin(), tombstones_.end());
        for (const SessionId& sid : tombstones_) found_.standing.try_emplace("tombstones/" + sid.hex());
        const auto order = [](const CommitRecord& record) { return std::tie(record.time, record.started, record.sid); };
        std::ranges::sort(found_.live, {}, order);
        for (const auto& [writer, seen] : numbers) missing += *seen.rbegin() - seen.size();
        for (const DamagedObject& object : found_.damaged)
            if (object.name.starts_with("snapshots/")) ++unreadable;
        const std::uint64_t explained = tombstones_alone + unreadable;
        found_.snapshots_vanished = missing > explained ? missing - explained : 0;
    }

    const Repository& repository_;
    const std::function<void()>& poll_;
    CheckedObjects found_;
    std::uint64_t newest_config_ = 0;
    std::set<SessionId> tombstones_;
    std::vector<CommitRecord> commits_;
};

}  // namespace

CheckedObjects check_objects(const Repository& repository, const std::function<void()>& poll) {
    return ObjectCheck(repository, poll).run();
}

}  // namespace vault

// Reading condemned/ and decision/.
#include "store/condemned.h"

#include "store/control_objects.h"

namespace vault {

std::optional<DecisionRecord> find_decision(const Repository& repository, const ControlId& n, std::size_t packs) {
    const std::string name = "decision/" + n.hex();
    auto decision = find_record(repository, name, decode_decision);
    if (decision && (decision->number != n || decision->goes.size() != packs))
        throw Error(ErrorKind::Corrupt, name + " does not fit condemned/" + n.hex());
    return decision;
}

std::vector<CondemnedList> list_condemned(const Repository& repository) {
    std::vector<CondemnedList> lists;
    for (const ObjectInfo& info : repository.backend().list("condemned/")) {
        auto record = find_record(repository, info.name, decode_condemned);
        if (!record) continue;
        if (info.name != "condemned/" + record->number.hex())
            throw Error(ErrorKind::Corrupt, info.name + " holds another list's number");
        CondemnedList list{std::move(*record), {}};
        list.decision = find_decision(repository, list.record.number, list.record.packs.size());
        lists.push_back(std::move(list));
    }
    return lists;
}

std::set<PackId> condemned_packs(const std::vector<CondemnedList>& lists) {
    std::set<PackId> packs;
    for (const CondemnedList& list : lists)
        for (std::size_t i = 0; i < list.record.packs.size(); ++i)
            if (list.is_condemned(i)) packs.insert(list.record.packs[i]);
    return packs;
}

}  // namespace vault

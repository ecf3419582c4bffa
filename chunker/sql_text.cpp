// Skips comments and judges the first statement, on at most the classifier's few kilobytes.
#include "chunker/sql_text.h"

#include <algorithm>
#include <array>

namespace vault {

namespace {

using namespace std::string_view_literals;

constexpr auto kBlanks = " \t\r\n\f"sv;

constexpr std::array kDumpTitles{
    "PostgreSQL database dump"sv, "PostgreSQL database cluster dump"sv, "MySQL dump "sv, "MariaDB dump "sv,
    "phpMyAdmin SQL Dump"sv,      "Adminer "sv,
};

constexpr std::array kCreatable{
    "TABLE"sv, "DATABASE"sv,  "SCHEMA"sv,    "INDEX"sv, "UNIQUE"sv, "VIEW"sv,    "SEQUENCE"sv,  "FUNCTION"sv, "TYPE"sv,
    "ROLE"sv,  "USER"sv,      "EXTENSION"sv, "TEMP"sv,  "OR"sv,     "VIRTUAL"sv, "TRIGGER"sv,   "DOMAIN"sv,
    "TEMPORARY"sv, "PROCEDURE"sv, "MATERIALIZED"sv,
};

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_letters(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_word_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// What has not been read yet.
struct Rest {
    std::string_view text;

    void skip_blanks() { text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size())); }

    std::string_view line() const { return text.substr(0, text.find('\n')); }

    void skip_line() { text.remove_prefix(std::min(line().size() + 1, text.size())); }

    // The letters, digits and underscores that come next, after blanks.
    std::string_view word() {
        skip_blanks();
        const auto end = std::ranges::find_if_not(text, is_word_character);
        const auto found = text.substr(0, static_cast<std::size_t>(end - text.begin()));
        text.remove_prefix(found.size());
        return found;
    }

    // A name, perhaps quoted and qualified: "a"."b", `a`, [a], a.b.
    bool skip_name() {
        skip_blanks();
        const auto end = std::min(text.find_first_of(" \t\r\n(;"), text.size());
        text.remove_prefix(end);
        return end > 0;
    }

    bool next_is(char c) {
        skip_blanks();
        return text.starts_with(c);
    }
};

// `/*!40101 SET …*/` is a statement to MySQL, `/*M!999999\- …` to MariaDB; `/*!` alone is how JavaScript and CSS keep
// a licence.
bool is_conditional_comment(std::string_view text) {
    if (text.starts_with("/*M!")) text.remove_prefix(4);
    else if (text.starts_with("/*!")) text.remove_prefix(3);
    else return false;
    const auto digits = text.substr(0, 5);
    return digits.size() == 5 && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_dump_title(std::string_view comment) {
    comment.remove_prefix(std::min(comment.find_first_not_of("- "), comment.size()));
    return std::ranges::any_of(kDumpTitles, [&](std::string_view title) { return comment.starts_with(title); });
}

// In any case: `insert into NAME (` or `values` or `select`; `create table [if not exists] NAME (`.
bool is_insert_or_create_table(Rest rest) {
    const auto verb = rest.word();
    const auto object = rest.word();
    if (same_letters(verb, "insert") && same_letters(object, "into")) {
        if (!rest.skip_name()) return false;
        if (rest.next_is('(')) return true;
        const auto next = rest.word();
        return same_letters(next, "values") || same_letters(next, "select");
    }
    if (!same_letters(verb, "create") || !same_letters(object, "table")) return false;
    auto named = rest;
    if (same_letters(named.word(), "if") && same_letters(named.word(), "not") && same_letters(named.word(), "exists")) {
        rest = named;
    }
    return rest.skip_name() && rest.next_is('(');
}

// SET NAME = VALUE; or SET NAME TO VALUE; or SET NAMES VALUE; on one line.
bool is_set(Rest rest) {
    const auto line = rest.line();
    if (line.find(';') == std::string_view::npos) return false;
    if (rest.next_is('@')) return true;  // MySQL variables
    const auto name = rest.word();
    return name == "NAMES" || (!name.empty() && (rest.next_is('=') || rest.word() == "TO"));
}

bool is_statement(Rest rest) {
    if (is_insert_or_create_table(rest)) return true;
    const auto line = rest.line();
    const auto verb = rest.word();
    auto after = rest;
    const auto second = after.word();
    if (verb == "CREATE" || verb == "DROP" || verb == "ALTER") {
        return std::ranges::find(kCreatable, second) != kCreatable.end();
    }
    if (verb == "INSERT" || verb == "REPLACE") return second == "INTO" || second == "IGNORE" || second == "OR";
    if (verb == "LOCK") return second == "TABLES";
    if (verb == "TRUNCATE") return second == "TABLE";
    if (verb == "DELETE") return second == "FROM";
    if (verb == "START") return second == "TRANSACTION";
    if (verb == "SELECT") return second == "pg_catalog";
    if (verb == "PRAGMA") return !second.empty() && (after.next_is('=') || after.next_is('(') || after.next_is(';'));
    if (verb == "USE") return rest.next_is('`') || rest.next_is('[');
    if (verb == "SET") return is_set(rest);
    if (verb == "BEGIN") {
        return rest.next_is(';') || ((second == "TRANSACTION" || second == "WORK") && after.next_is(';'));
    }
    if (verb == "COPY") return line.find(" FROM stdin") != std::string_view::npos;
    return false;
}

}  // namespace

bool is_sql_text(const Head& head) {
    Rest rest{head.text()};
    if (rest.text.find('\0') != std::string_view::npos) return false;
    if (rest.text.starts_with("\xef\xbb\xbf")) rest.text.remove_prefix(3);
    for (rest.skip_blanks(); !rest.text.empty(); rest.skip_blanks()) {
        if (rest.text.starts_with("--")) {
            if (is_dump_title(rest.line())) return true;
            rest.skip_line();
        } else if (rest.text.starts_with("\\connect ") || rest.text.starts_with("\\restrict ")) {
            rest.skip_line();
        } else if (is_conditional_comment(rest.text)) {
            return true;
        } else if (rest.text.starts_with("/*")) {
            const auto end = rest.text.find("*/", 2);
            if (end == std::string_view::npos) return false;
            rest.text.remove_prefix(end + 2);
        } else {
            return is_statement(rest);
        }
    }
    return false;
}

}  // namespace vault

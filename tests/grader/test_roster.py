"""The people of a course, from a spreadsheet."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from grader.errors import NotAllowed, RosterRejected
from grader.models import AuditEntry, Enrolment, Section, User
from grader.services import accounts, roster
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("any_database_url")

TEXT = "name,email,section,role\nSam Vimes,sam@example.edu,A,\n林小明,lin@example.edu,C,assistant\n"


def load(session, class_, text, **options):
    summary = roster.import_csv(session, class_.course, text, actor=class_.instructor, now=NOW, **options)
    session.commit()
    return summary


def people(session, class_):
    rows = session.execute(
        select(User.email, User.name, Enrolment.role, Section.name)
        .join(Enrolment, Enrolment.user_id == User.id)
        .outerjoin(Section, Section.id == Enrolment.section_id)
        .where(Enrolment.course_id == class_.course.id)
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def test_people_are_added_and_changed_and_nobody_is_removed(session, class_):
    before = people(session, class_)
    summary = load(session, class_, TEXT)
    assert (summary.added, summary.changed, summary.unchanged) == (["lin@example.edu"], ["sam@example.edu"], 0)
    assert summary.new_sections == ["C"]
    after = people(session, class_)
    assert after["lin@example.edu"] == ("林小明", "assistant", "C")
    assert after["sam@example.edu"] == ("Sam Vimes", "student", "A")
    assert set(before) < set(after)


def test_importing_the_same_file_again_changes_nothing(session, class_):
    load(session, class_, TEXT)
    summary = load(session, class_, TEXT)
    assert (summary.added, summary.changed, summary.unchanged) == ([], [], 2)


def test_a_dry_run_says_the_same_and_writes_nothing(session, class_):
    before = people(session, class_)
    summary = load(session, class_, TEXT, dry_run=True)
    assert (summary.added, summary.changed, summary.new_accounts) == (
        ["lin@example.edu"],
        ["sam@example.edu"],
        ["lin@example.edu"],
    )
    assert people(session, class_) == before
    assert factories.count(session, AuditEntry) == 0


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TEXT,
        TEXT.replace(",", ";"),
        TEXT.replace(",", "\t"),
        TEXT.replace("\n", "\r\n"),
        "EMAIL , Role\nlin@example.edu,assistant\n\n",
        'role,email,name\nassistant,LIN@example.edu ,"Lin, Xiao\nMing"\n',
    ],
)
def test_what_spreadsheets_write_is_read(session, class_, text):
    load(session, class_, text)
    assert people(session, class_)["lin@example.edu"][1] == "assistant"


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("", "", "empty"),
        ("name,role\nx,student\n", "line 1", "at least email"),
        ("email,grade\nx@y.z,1\n", "line 1", "email, grade"),
        ("email,email\nx@y.z,x@y.z\n", "line 1", "each once"),
        ("email\nx@y.z\nnot an email\n", "line 3", "not an email"),
        ("email,role\nx@y.z,dean\n", "line 2", 'role "dean"'),
        ("email\nx@y.z\nX@Y.Z\n", "line 3", "in line 2 already"),
        ("email\nx@y.z,extra\n", "line 2", "2 fields"),
        ('email\n"x@y.z\n', "line 2", "cannot be read"),
        ("email\nx@y.z\x00\n", "", "text"),
    ],
)
def test_a_fault_names_its_line_and_nothing_is_imported(session, class_, text, field, words):
    before = people(session, class_)
    with pytest.raises(RosterRejected, match=words) as caught:
        roster.import_csv(session, class_.course, text, actor=None, now=NOW)
    session.rollback()
    assert [problem.field for problem in caught.value.errors] == ([field] if field else [])
    assert people(session, class_) == before


def test_a_changed_role_ends_the_persons_sessions(session, class_):
    version = class_.student.session_version
    load(session, class_, "email,role\nsam@example.edu,assistant\n")
    assert class_.student.session_version == version + 1


def test_somebody_elses_student_keeps_their_name(session, class_):
    factories.make_user(session, "eve@example.edu", "Eve")
    load(session, class_, "email,name\neve@example.edu,Mallory\n")
    assert people(session, class_)["eve@example.edu"][0] == "Eve"


def test_new_accounts_get_a_password_only_when_asked_for(session, class_):
    assert load(session, class_, "email\na@example.edu\n").passwords == {}
    passwords = load(session, class_, "email\nb@example.edu\nsam@example.edu\n", with_passwords=True).passwords
    assert set(passwords) == {"b@example.edu"}
    assert accounts.authenticate(session, "b@example.edu", passwords["b@example.edu"])


def test_only_instructors_import(session, class_):
    for person in (class_.student, class_.assistant):
        access = factories.open_course(session, person, class_.course)
        with pytest.raises(NotAllowed):
            roster.import_csv(session, access, TEXT, actor=person, now=NOW)
    access = factories.open_course(session, class_.instructor, class_.course)
    assert roster.import_csv(session, access, TEXT, actor=class_.instructor, now=NOW).added


def test_an_import_is_kept_in_the_audit_log(session, class_):
    load(session, class_, TEXT)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_id, entry.course_id) == (
        "roster.imported",
        class_.instructor.id,
        class_.course.id,
    )
    assert entry.detail == {"added": 1, "changed": 1, "unchanged": 0, "new_accounts": 1}

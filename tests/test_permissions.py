"""Who may open what: every route, and what each of eight callers is answered. Whoever adds a route adds its line.

What is named in a path (hours, a session, a lunch, ...) is the member's; calls are of the coach and the client. Bodies
are empty, so that who is let in is often told what is missing: 422. A member's page sends a visitor to the login: 303,
as the answer to every form that was accepted.
"""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import clock
from tests.coaching.practice import NOW, Practice, book
from tests.lunches import lunch
from tests.people import PASSWORD, Answer, Browser, Community

CALLERS = ("visitor", "member", "other", "coach", "client", "admin", "banned", "out")
OWNERS = ("member", "coach", "client")
NINE, TEN = "2026-12-10T09:00:00+01:00", "2026-12-10T10:00:00+01:00"
BODIES: dict[str, dict[str, Any]] = {
    "PUT /api/events/{id}/attendance": {"response": "approved"},
    "POST /events/{id}": {"response": "approved"},
    "POST /events/{id}/leave": {"response": "rejected"},
    "PUT /api/events/{id}/review": {"enjoyed": {}},
    "POST /admin/relationships/{client}/hand-over": {"coach": "dora"},
    "POST /api/appointments": {"coach": "carla", "start": NINE, "end": TEN},
    "PUT /api/appointments/{id}/no-show": {"came": False},
    "PATCH /api/appointments/{id}": {"start": NINE, "end": TEN, "version": 99},
    "POST /api/series": {"coach": "carla", "start": TEN, "months": 2},
    "POST /availability/{id}": {"start": "11:00", "end": "12:30", "day": "2026-12-01"},
}
"""Where an empty body would be refused before it is seen whose thing it is. The call's version is a stale one."""
QUERIES = {
    "/api/coaches/{slug}/nearest": f"?start={NINE}",
    "/api/coaches/{slug}/why": f"?start={NINE}",
    "/coach/at": f"?at={NINE}",
    "/admin/relationships/{client}/hand-over": "?coach=dora",
    "/api/admin/relationships/{slug}/hand-over": "?coach=dora",
}
TABLE = """
                                                visitor  member   other   coach  client   admin  banned     out
GET    /                                            200     200     200     200     200     200     200     200
GET    /appointments                                303     200     200     200     200     200     403     303
GET    /appointments/{id}/cancel                    303     404     404     200     200     404     403     303
POST   /appointments/{id}/cancel                    303     404     404     303     303     404     403     303
GET    /appointments/{id}/move                      303     404     404     200     200     404     403     303
POST   /appointments/{id}/move                      303     404     404     422     422     404     403     303
GET    /appointments/{id}/series                    303     404     404     200     200     404     403     303
POST   /appointments/{id}/series/cancel             303     404     404     303     303     404     403     303
POST   /appointments/{id}/series/move               303     404     404     422     422     404     403     303
GET    /availability                                303     200     200     200     200     200     403     303
GET    /availability/calendars                      303     200     200     200     200     200     403     303
POST   /availability/calendars                      303     422     422     422     422     422     403     303
POST   /availability/calendars/{id}/delete          303     303     404     404     404     404     403     303
POST   /availability                                303     303     303     303     303     303     403     303
GET    /availability/once                           303     200     200     200     200     200     403     303
POST   /availability/once                           303     422     422     422     422     422     403     303
GET    /availability/pauses                         303     200     200     200     200     200     403     303
POST   /availability/pauses                         303     422     422     422     422     422     403     303
POST   /availability/pauses/{id}                    303     303     404     404     404     404     403     303
POST   /availability/silence                        303     303     303     303     303     303     403     303
POST   /availability/suggested/food                 303     422     422     422     422     422     403     303
POST   /availability/suggested/hour                 303     422     422     422     422     422     403     303
POST   /availability/suggested/place                303     422     422     422     422     422     403     303
GET    /availability/weekly                         303     200     200     200     200     200     403     303
POST   /availability/weekly                         303     422     422     422     422     422     403     303
GET    /availability/{id}                           303     200     404     404     404     404     403     303
POST   /availability/{id}                           303     303     404     404     404     404     403     401
POST   /availability/{id}/delete                    303     303     404     404     404     404     403     303
GET    /book                                        303     404     404     404     200     404     403     303
POST   /book                                        303     404     404     404     422     404     403     303
GET    /book/time                                   303     404     404     404     200     404     403     303
POST   /book/time                                   303     404     404     404     422     404     403     303
GET    /coach                                       303     404     404     200     404     404     403     303
GET    /coach/at                                    303     404     404     200     404     404     403     303
POST   /coach/at                                    303     404     404     422     404     404     403     303
GET    /coach/away                                  303     404     404     200     404     404     403     303
POST   /coach/away                                  303     404     404     422     404     404     403     303
POST   /coach/away/{id}/delete                      303     404     404     303     404     404     403     303
POST   /coach/block                                 303     404     404     422     404     404     403     303
POST   /coach/blocks/{id}/delete                    303     404     404     303     404     404     403     303
GET    /coach/clients                               303     404     404     200     404     404     403     303
GET    /coach/clients/{client}                      303     404     404     200     404     404     403     303
POST   /coach/clients/{client}                      303     404     404     422     404     404     403     303
POST   /coach/clients/{client}/calls/{id}           303     404     404     422     404     404     403     303
GET    /coach/hours                                 303     404     404     200     404     404     403     303
POST   /coach/hours                                 303     404     404     422     404     404     403     303
GET    /coach/hours/{id}                            303     404     404     200     404     404     403     303
POST   /coach/hours/{id}                            303     404     404     422     404     404     403     303
POST   /coach/hours/{id}/delete                     303     404     404     303     404     404     403     303
POST   /coach/hours/undo                            303     404     404     422     404     404     403     303
POST   /coach/link                                  303     404     404     303     404     404     403     303
GET    /coach/why                                   303     404     404     200     404     404     403     303
POST   /Enrollment/Create                           422     422     422     422     422     422     422     422
GET    /events/new                                  303     403     403     403     403     403     403     303
POST   /events/new                                  303     403     403     403     403     403     403     303
GET    /events/{id}                                 303     200     404     404     404     200     403     303
POST   /events/{id}                                 303     303     404     404     404     404     403     401
GET    /events/{id}/cancel                          303     200     404     404     404     200     403     303
POST   /events/{id}/cancel                          303     422     404     404     404     422     403     303
GET    /events/{id}/leave                           303     200     404     404     404     200     403     303
POST   /events/{id}/leave                           303     303     404     404     404     404     403     401
GET    /events/{id}/lunch.ics                       303     200     404     404     404     200     403     303
GET    /feeds/{token}                               200     200     200     200     200     200     200     200
GET    /forgotten                                   200     200     200     200     200     200     200     200
POST   /forgotten                                   422     422     422     422     422     422     422     422
GET    /forgotten/reset                             200     200     200     200     200     200     200     200
POST   /forgotten/reset                             422     422     422     422     422     422     422     422
POST   /InvitationCode/Create                       401     200     200     200     200     200     403     401
POST   /InvitationCode/Create/Failure/1             429     429     429     429     429     429     429     429
POST   /InvitationCode/Create/Failure/2             403     403     403     403     403     403     403     403
POST   /InvitationCode/Create/Failure/3             401     401     401     401     401     401     401     401
POST   /InvitationCode/Create/Success               200     200     200     200     200     200     200     200
GET    /invitations                                 303     200     200     200     200     200     403     303
POST   /invitations                                 303     303     303     303     303     303     403     303
POST   /invitations/{invitation}/revoke             303     303     404     404     404     404     403     303
GET    /login                                       200     303     303     303     303     303     303     200
POST   /Login                                       422     422     422     422     422     422     422     422
POST   /login                                       422     422     422     422     422     422     422     422
POST   /Login/Failure                               401     401     401     401     401     401     401     401
POST   /Login/Success                               200     200     200     200     200     200     200     200
POST   /Logout                                      200     200     200     200     200     200     200     200
POST   /logout                                      303     303     303     303     303     303     303     303
GET    /health                                      200     200     200     200     200     200     200     200
GET    /ready                                       200     200     200     200     200     200     200     200
GET    /MyEvents                                    401     200     200     200     200     200     403     401
GET    /privacy                                     200     200     200     200     200     200     200     200
GET    /public                                      303     200     200     200     200     200     403     303
GET    /PublicEvents                                401     200     200     200     200     200     403     401
GET    /Register                                    200     200     200     200     200     200     200     200
POST   /Register                                    422     422     422     422     422     422     422     422
GET    /Review                                      303     200     200     200     200     200     403     303
POST   /Review/{id}                                 303     422     404     404     404     404     403     303
GET    /static/{name}                               200     200     200     200     200     200     200     200
GET    /styleguide                                  404     404     404     404     404     404     404     404
GET    /unsubscribe/{token}                         200     200     200     200     200     200     200     200
POST   /unsubscribe/{token}                         303     303     303     303     303     303     303     303
GET    /Validate                                    303     200     200     200     200     200     403     303
POST   /Validate                                    303     422     422     422     422     422     403     303
GET    /ValidFoodTypes                              401     200     200     200     200     200     403     401
GET    /ValidLocations                              401     200     200     200     200     200     403     401
GET    /waiting                                     303     404     404     404     200     404     403     303
POST   /waiting                                     303     404     404     404     303     404     403     303
GET    /waiting/{id}                                303     404     404     404     200     404     403     303
POST   /waiting/{id}                                303     404     404     404     422     404     403     303
POST   /waiting/{id}/delete                         303     404     404     404     303     404     403     303
GET    /account                                     303     200     200     200     200     200     200     303
GET    /account/confirm                             200     200     200     200     200     200     200     200
POST   /account/confirm                             422     422     422     422     422     422     422     422
GET    /account/email                               303     200     200     200     200     200     403     303
POST   /account/email                               303     422     422     422     422     422     403     303
POST   /account/email/confirmation                  303     422     422     422     422     422     403     303
GET    /account/erase                               303     200     200     200     200     200     200     303
POST   /account/erase                               303     422     422     422     422     422     422     303
POST   /account/feed                                303     422     422     422     422     422     403     303
POST   /account/feed/close                          303     303     303     303     303     303     403     303
POST   /account/mails                               303     303     303     303     303     303     403     303
GET    /account/password                            303     200     200     200     200     200     403     303
POST   /account/password                            303     422     422     422     422     422     403     303
GET    /account/profile                             303     200     200     200     200     200     403     303
POST   /account/profile                             303     422     422     422     422     422     403     303
GET    /account/second-factor                       303     200     200     200     200     200     403     303
POST   /account/second-factor                       303     422     422     422     422     422     403     303
GET    /account/second-factor/key                   303     404     404     404     404     404     403     303
POST   /account/second-factor/key                   303     404     404     404     404     404     403     303
POST   /account/second-factor/off                   303     422     422     422     422     422     403     303
GET    /account/second-factor/proof                 303     200     200     200     200     200     403     303
POST   /account/second-factor/proof                 303     422     422     422     422     422     403     303
POST   /account/sessions                            303     303     303     303     303     303     303     303
POST   /account/sessions/{id}                       303     303     404     404     404     404     404     303
POST   /account/tokens                              303     422     422     422     422     422     403     303
POST   /account/tokens/{id}                         303     303     404     404     404     404     403     303
GET    /admin                                       303     404     404     404     404     200     403     303
GET    /admin/audit                                 303     404     404     404     404     200     403     303
GET    /admin/events                                303     404     404     404     404     200     403     303
GET    /admin/events/{event}                        303     404     404     404     404     200     403     303
GET    /admin/events/{event}/cancel                 303     404     404     404     404     200     403     303
POST   /admin/events/{event}/cancel                 303     404     404     404     404     422     403     303
GET    /admin/blocked-pairs                         303     404     404     404     404     200     403     303
GET    /admin/food-types                            303     404     404     404     404     200     403     303
POST   /admin/food-types                            303     404     404     404     404     422     403     303
GET    /admin/food-types/{food_type}                303     404     404     404     404     200     403     303
POST   /admin/food-types/{food_type}                303     404     404     404     404     422     403     303
POST   /admin/food-types/{food_type}/remove         303     404     404     404     404     422     403     303
GET    /admin/invitations                           303     404     404     404     404     200     403     303
POST   /admin/invitations                           303     404     404     404     404     422     403     303
GET    /admin/invitations/{batch}                   303     404     404     404     404     200     403     303
GET    /admin/lists/{listed}                        303     404     404     404     404     200     403     303
GET    /admin/locations                             303     404     404     404     404     200     403     303
GET    /admin/locations/new                         303     404     404     404     404     200     403     303
POST   /admin/locations/new                         303     404     404     404     404     422     403     303
GET    /admin/locations/{location}                  303     404     404     404     404     200     403     303
POST   /admin/locations/{location}                  303     404     404     404     404     422     403     303
GET    /admin/locations/{location}/close            303     404     404     404     404     200     403     303
POST   /admin/locations/{location}/close            303     404     404     404     404     422     403     303
POST   /admin/locations/{location}/open             303     404     404     404     404     303     403     303
GET    /admin/mails                                 303     404     404     404     404     200     403     303
GET    /admin/outbox                                303     404     404     404     404     200     403     303
GET    /admin/people                                303     404     404     404     404     200     403     303
GET    /admin/people/{person}                       303     404     404     404     404     200     403     303
GET    /admin/people/{person}/ban                   303     404     404     404     404     200     403     303
POST   /admin/people/{person}/ban                   303     404     404     404     404     422     403     303
GET    /admin/people/{person}/roles/{role}          303     404     404     404     404     200     403     303
POST   /admin/people/{person}/roles/{role}          303     404     404     404     404     422     403     303
GET    /admin/people/{person}/rules                 303     404     404     404     404     200     403     303
GET    /admin/people/{person}/rules/{rule}          303     404     404     404     404     200     403     303
POST   /admin/people/{person}/rules/{rule}          303     404     404     404     404     422     403     303
POST   /admin/people/{person}/rules/{rule}/reset    303     404     404     404     404     303     403     303
GET    /admin/people/{person}/second-factor         303     404     404     404     404     200     403     303
POST   /admin/people/{person}/second-factor         303     404     404     404     404     422     403     303
GET    /admin/people/{person}/sessions              303     404     404     404     404     200     403     303
POST   /admin/people/{person}/sessions              303     404     404     404     404     422     403     303
GET    /admin/people/{person}/unban                 303     404     404     404     404     200     403     303
POST   /admin/people/{person}/unban                 303     404     404     404     404     422     403     303
GET    /admin/rounds                                303     404     404     404     404     200     403     303
GET    /admin/rounds/new                            303     404     404     404     404     200     403     303
POST   /admin/rounds/new                            303     404     404     404     404     422     403     303
GET    /admin/rounds/{round}                        303     404     404     404     404     200     403     303
GET    /admin/relationships                         303     404     404     404     404     200     403     303
GET    /admin/relationships/new                     303     404     404     404     404     200     403     303
POST   /admin/relationships/new                     303     404     404     404     404     422     403     303
GET    /admin/relationships/{client}                303     404     404     404     404     200     403     303
POST   /admin/relationships/{client}/end            303     404     404     404     404     422     403     303
GET    /admin/relationships/{client}/hand-over      303     404     404     404     404     200     403     303
POST   /admin/relationships/{client}/hand-over      303     404     404     404     404     422     403     401
POST   /admin/relationships/{client}/move           303     404     404     404     404     422     403     303
GET    /admin/rules                                 303     404     404     404     404     200     403     303
GET    /admin/rules/{rule}                          303     404     404     404     404     200     403     303
POST   /admin/rules/{rule}                          303     404     404     404     404     422     403     303
GET    /admin/rules/{rule}/reset                    303     404     404     404     404     200     403     303
POST   /admin/rules/{rule}/reset                    303     404     404     404     404     303     403     303
GET    /api                                         200     200     200     200     200     200     200     200
GET    /api/appointments                            401     200     200     200     200     200     403     401
POST   /api/appointments                            401     422     422     422     201     422     403     401
GET    /api/appointments/{id}                       401     404     404     200     200     404     403     401
PATCH  /api/appointments/{id}                       401     404     404     409     409     404     403     401
DELETE /api/appointments/{id}                       401     404     404     204     204     404     403     401
PUT    /api/appointments/{id}/no-show               401     404     404     409     403     404     403     401
GET    /api/availability                            401     200     200     200     200     200     403     401
POST   /api/availability                            401     422     422     422     422     422     403     401
PATCH  /api/availability/{id}                       401     200     404     404     404     404     403     401
DELETE /api/availability/{id}                       401     204     404     404     404     404     403     401
GET    /api/blocks                                  401     404     404     200     404     404     403     401
POST   /api/blocks                                  401     404     404     422     404     404     403     401
DELETE /api/blocks/{id}                             401     404     404     204     404     404     403     401
GET    /api/call-link                               401     404     404     200     404     404     403     401
PUT    /api/call-link                               401     404     404     422     404     404     403     401
GET    /api/coaches/{slug}/first                    401     404     404     200     200     200     403     401
GET    /api/coaches/{slug}/nearest                  401     404     404     200     200     200     403     401
GET    /api/coaches/{slug}/slots                    401     404     404     200     200     200     403     401
GET    /api/coaches/{slug}/why                      401     404     404     200     404     200     403     401
GET    /api/days-away                               401     404     404     200     404     404     403     401
POST   /api/days-away                               401     404     404     422     404     404     403     401
DELETE /api/days-away/{id}                          401     404     404     204     404     404     403     401
GET    /api/events                                  401     200     200     200     200     200     403     401
POST   /api/events                                  401     422     422     422     422     422     403     401
GET    /api/events/{id}                             401     200     404     404     404     200     403     401
DELETE /api/events/{id}                             401     422     422     422     422     422     403     401
PUT    /api/events/{id}/attendance                  401     200     404     404     404     404     403     401
GET    /api/events/{id}/review                      401     200     404     404     404     404     403     401
PUT    /api/events/{id}/review                      401     409     404     404     404     404     403     401
GET    /api/invitations                             401     200     200     200     200     200     403     401
DELETE /api/invitations/{invitation}                401     204     404     404     404     404     403     401
GET    /api/me                                      401     200     200     200     200     200     200     401
PATCH  /api/me                                      401     200     200     200     200     200     403     401
DELETE /api/me                                      401     422     422     422     422     422     422     401
PUT    /api/me/email                                401     422     422     422     422     422     403     401
POST   /api/me/email/confirmation                   401     409     409     409     409     409     403     401
GET    /api/me/export                               401     200     200     200     200     200     200     401
GET    /api/me/feed                                 401     200     200     200     200     200     403     401
PUT    /api/me/feed                                 401     422     422     422     422     422     403     401
DELETE /api/me/feed                                 401     204     204     204     204     204     403     401
PUT    /api/me/password                             401     422     422     422     422     422     403     401
GET    /api/me/second-factor                        401     200     200     200     200     200     403     401
POST   /api/me/second-factor                        401     422     422     422     422     422     403     401
PUT    /api/me/second-factor                        401     422     422     422     422     422     403     401
DELETE /api/me/second-factor                        401     422     422     422     422     422     403     401
POST   /api/me/second-factor/proof                  401     422     422     422     422     422     403     401
GET    /api/me/sessions                             401     200     200     200     200     200     200     401
DELETE /api/me/sessions                             401     204     204     204     204     204     204     401
DELETE /api/me/sessions/{id}                        401     204     404     404     404     404     404     401
GET    /api/me/tokens                               401     200     200     200     200     200     403     401
POST   /api/me/tokens                               401     422     422     422     422     422     403     401
DELETE /api/me/tokens/{id}                          401     204     404     404     404     404     403     401
GET    /api/office-hours                            401     404     404     200     404     404     403     401
POST   /api/office-hours                            401     404     404     422     404     404     403     401
PATCH  /api/office-hours/{id}                       401     404     404     200     404     404     403     401
DELETE /api/office-hours/{id}                       401     404     404     204     404     404     403     401
GET    /api/openapi.json                            200     200     200     200     200     200     200     200
POST   /api/tickets                                 401     201     201     201     201     201     403     401
GET    /api/pauses                                  401     200     200     200     200     200     403     401
POST   /api/pauses                                  401     422     422     422     422     422     403     401
DELETE /api/pauses/{id}                             401     204     404     404     404     404     403     401
GET    /api/reference/{slice}                       200     200     200     200     200     200     200     200
POST   /api/series                                  401     422     422     422     201     422     403     401
PATCH  /api/series/{id}                             401     404     404     422     422     404     403     401
DELETE /api/series/{id}                             401     422     422     422     422     422     403     401
GET    /api/outside-calendars                       401     200     200     200     200     200     403     401
POST   /api/outside-calendars                       401     422     422     422     422     422     403     401
DELETE /api/outside-calendars/{id}                  401     204     404     404     404     404     403     401
GET    /api/waiting                                 401     200     200     200     200     200     403     401
POST   /api/waiting                                 401     422     422     422     422     422     403     401
DELETE /api/waiting/{id}                            401     404     404     404     204     404     403     401
GET    /api/admin/audit                             401     404     404     404     404     200     403     401
GET    /api/admin/events                            401     404     404     404     404     200     403     401
GET    /api/admin/events/{event}                    401     404     404     404     404     200     403     401
PUT    /api/admin/events/{event}/cancellation       401     404     404     404     404     422     403     401
GET    /api/admin/food-types                        401     404     404     404     404     200     403     401
POST   /api/admin/food-types                        401     404     404     404     404     422     403     401
PATCH  /api/admin/food-types/{food_type}            401     404     404     404     404     422     403     401
DELETE /api/admin/food-types/{food_type}            401     404     404     404     404     409     403     401
POST   /api/admin/invitations                       401     404     404     404     404     422     403     401
GET    /api/admin/locations                         401     404     404     404     404     200     403     401
POST   /api/admin/locations                         401     404     404     404     404     422     403     401
PATCH  /api/admin/locations/{location}              401     404     404     404     404     200     403     401
GET    /api/admin/outbox                            401     404     404     404     404     200     403     401
GET    /api/admin/people                            401     404     404     404     404     200     403     401
GET    /api/admin/people/{person}                   401     404     404     404     404     200     403     401
PUT    /api/admin/people/{person}/ban               401     404     404     404     404     422     403     401
DELETE /api/admin/people/{person}/ban               401     404     404     404     404     422     403     401
DELETE /api/admin/people/{person}/sessions          401     404     404     404     404     422     403     401
DELETE /api/admin/people/{person}/second-factor     401     404     404     404     404     422     403     401
PUT    /api/admin/people/{person}/roles/{role}      401     404     404     404     404     422     403     401
DELETE /api/admin/people/{person}/roles/{role}      401     404     404     404     404     422     403     401
GET    /api/admin/relationships                     401     404     404     404     404     200     403     401
POST   /api/admin/relationships                     401     404     404     404     404     422     403     401
PATCH  /api/admin/relationships/{slug}              401     404     404     404     404     422     403     401
GET    /api/admin/relationships/{slug}/hand-over    401     404     404     404     404     200     403     401
DELETE /api/admin/relationships/{slug}              401     404     404     404     404     204     403     401
GET    /api/admin/rounds                            401     404     404     404     404     200     403     401
POST   /api/admin/rounds                            401     404     404     404     404     422     403     401
GET    /api/admin/rounds/{round}                    401     404     404     404     404     200     403     401
GET    /api/admin/rules                             401     404     404     404     404     200     403     401
GET    /api/admin/rules/{rule}                      401     404     404     404     404     200     403     401
PUT    /api/admin/rules/{rule}                      401     404     404     404     404     422     403     401
DELETE /api/admin/rules/{rule}                      401     404     404     404     404     204     403     401
"""
EXPECTED = {(line[0], line[1]): tuple(map(int, line[2:])) for line in map(str.split, TABLE.strip().splitlines()[1:])}


class World:
    """Eight callers, and what the paths name: made anew for every route, because some routes take it away."""

    def __init__(self, community: Community, practice: Practice, sql: Callable[..., list[Any]]) -> None:
        self.community, self.sql = community, sql
        practice.coach("carla")
        practice.client("clive", "carla")
        practice.coach("dora")
        practice.rule("calls_per_month", 50)
        self.people = practice.ids | {name: community.person(name) for name in ("ada", "bea", "ben")}
        self.people["admin"] = community.person("admin", roles=("member", "admin"))
        community.ban("ben")
        self.batch = self._batch()
        self.round = self._round()

    def browser(self, who: str) -> Browser:
        """A new session of that caller."""
        names = {"member": "ada", "other": "bea", "coach": "carla", "client": "clive", "banned": "ben", "out": "bea"}
        if who == "visitor":
            return Browser()
        found = self.community.browser_of(self.people[names.get(who, who)])
        if who == "out":
            kept = found.cookie
            assert found.post("/Logout/").status == 200
            found.cookie = kept
        return found

    def parts(self, path: str) -> dict[str, Any]:
        """What the variable parts of a path stand for."""
        return {name: self._part(path, name) for name in re.findall(r"{(\w+)}", path)}

    def _part(self, path: str, name: str) -> Any:
        by_path = {
            "/availability/pauses/{id}": self.pause,
            "/api/pauses/{id}": self.pause,
            "/availability/{id}": self.hours,
            "/api/availability/{id}": self.hours,
            "/events/{id}": self.event,
            "/Review/{id}": self.event,
            "/api/events/{id}": self.event,
            "sessions/{id}": lambda: self.browser("member").get("/api/me/sessions").json["sessions"][0]["id"],
            "tokens/{id}": self.token,
            "/appointments/{id}": self.call,
            "/office-hours/{id}": lambda: self.browser("coach").get("/api/office-hours").json["office_hours"][0]["id"],
            "/coach/hours/{id}": lambda: self.browser("coach").get("/api/office-hours").json["office_hours"][0]["id"],
            "/blocks/{id}": self.block,
            "/waiting/{id}": self.waiting,
            "calendars/{id}": self.calendar,
            "/away/{id}": self.day_away,
            "/days-away/{id}": self.day_away,
            "/relationships/{slug}": lambda: "clive",
            "/coaches/{slug}": lambda: "carla",
        }
        if "/series" in path and name == "id":
            return self.series("series" if path.startswith("/api") else "id")
        if path.startswith("/coach/clients/{client}/calls"):
            return "clive" if name == "client" else self.call()
        if "/people/{person}/rules" in path:
            return {"person": self.people["carla"], "rule": "coaching.notice_hours"}[name]
        by_name = {
            "invitation": self.invitation,
            "event": self.event,
            "person": lambda: self.people["ada"],
            "role": lambda: "coach",
            "location": lambda: self.community.locations["Harbour"],
            "food_type": lambda: 0,
            "round": lambda: self.round,
            "rule": lambda: "lunch.minutes",
            "batch": lambda: self.batch,
            "name": self._style,
            "listed": lambda: "people",
            "client": lambda: "clive",
            "slice": lambda: "lunch",
            "token": lambda: self._secret(path),
        }
        return next((make() for known, make in by_path.items() if known in path), None) or by_name[name]()

    def made(self, who: str, method: str, path: str, body: Any = None) -> Any:
        answer = self.browser(who).ask(method, path, body)
        assert answer.status in (200, 201), (path, answer.text)
        return answer.json

    def invitation(self) -> Any:
        self.community.rule("invitation.per_day", 1000)
        self.made("member", "POST", "/InvitationCode/Create/", {})
        return self.made("member", "GET", "/api/invitations")["invitations"][0]["id"]

    def hours(self) -> Any:
        day = {"start": "2026-12-01T11:00", "end": "2026-12-01T12:00", "timezone": "Europe/Berlin"}
        self.sql("DELETE FROM availability WHERE person_id = %s", self.people["ada"])
        return self.made("member", "POST", "/api/availability", day | {"purpose": "lunch", "weekly": False})["id"]

    def pause(self) -> Any:
        self.sql("DELETE FROM pause WHERE person_id = %s", self.people["ada"])
        return self.made("member", "POST", "/api/pauses", {"first": "2026-W50", "last": "2026-W50"})["id"]

    def token(self) -> Any:
        self.sql("DELETE FROM api_token")
        self.made("member", "POST", "/api/me/tokens", {"name": "mine", "password": PASSWORD})
        return self.made("member", "GET", "/api/me/tokens")["tokens"][0]["id"]

    def event(self) -> uuid.UUID:
        for table in ("commitment", "attendance", "event"):
            self.sql(f"DELETE FROM {table}")
        return lunch(
            self.sql, self.community.locations["Harbour"], "2026-12-02T12:00+01:00", approved=[self.people["ada"]]
        )

    def call(self) -> Any:
        taken = self.sql(
            "SELECT a.id FROM appointment a WHERE NOT EXISTS (SELECT FROM cancellation c WHERE c.appointment_id = a.id)"
        )
        if taken:
            return taken[0].id
        answer = book(self.browser("client"), "carla", "2026-12-03T10:00:00+01:00")
        assert answer.status == 201, answer.text
        return answer.json["id"]

    def series(self, which: str) -> Any:
        self.sql("DELETE FROM appointment")
        wanted = {"coach": "carla", "start": TEN, "months": 2}
        first = self.made("client", "POST", "/api/series", wanted)["appointments"][0]
        BODIES["PATCH /api/series/{id}"] = {"from": first["id"], "start": TEN}
        return first[which]

    def calendar(self) -> Any:
        self.sql("DELETE FROM outside_calendar")
        url = {"url": "https://calendar.example.org/ada.ics"}
        return self.made("member", "POST", "/api/outside-calendars", url)["id"]

    def waiting(self) -> Any:
        self.sql("DELETE FROM waiting")
        return self.made("client", "POST", "/api/waiting", {"coach": "carla"})["id"]

    def block(self) -> Any:
        self.sql("DELETE FROM block")
        span = {"start": "2026-12-04T10:00:00+01:00", "end": "2026-12-04T11:00:00+01:00"}
        self.made("coach", "POST", "/api/blocks", span)
        return self.made("coach", "GET", "/api/blocks")["blocks"][0]["id"]

    def day_away(self) -> Any:
        self.sql("DELETE FROM day_away")
        return self.made("coach", "POST", "/api/days-away", {"day": "2026-12-24"})["id"]

    def _secret(self, path: str) -> str:
        if path.startswith("/unsubscribe"):
            from chalicelib.accounts import refused_mails

            return refused_mails.token("event_approved", self.people["ada"], "ada@example.org")
        address: str = self.made("member", "PUT", "/api/me/feed", {"password": PASSWORD})["url"]
        return address.rpartition("/")[2]

    def _style(self) -> str:
        from chalicelib.web import assets

        return assets.path("style.css").rpartition("/")[2]

    def _batch(self) -> uuid.UUID:
        self.made("admin", "POST", "/api/admin/invitations", {"addresses": ["new@example.org"]})
        found: uuid.UUID = self.sql("SELECT id FROM invitation_batch")[0].id
        return found

    def _round(self) -> uuid.UUID:
        id, harbour = uuid.uuid4(), self.community.locations["Harbour"]
        self.sql(
            "INSERT INTO round VALUES (%s, '2026-11-16', %s, %s, 3, 1, 0, 0, true, 1, '')",
            id,
            harbour,
            clock.now(),
        )
        return id


def ask(endpoint: Any, browser: Browser, target: str) -> Answer:
    """What a caller would send who means it: an empty body, and on a page the token of his session."""
    if endpoint.method == "GET":
        return browser.get(target + QUERIES.get(endpoint.path, "").replace("+", "%2B"))
    body = BODIES.get(f"{endpoint.method} {endpoint.path}", {})
    if not endpoint.html:
        return browser.ask(endpoint.method, target, None if endpoint.method == "DELETE" else body)
    token = {"csrf": csrf(browser)} if endpoint.who != "anybody" else {}
    return browser.post(target, body | token, kind="form")


def csrf(browser: Browser) -> str:
    from chalicelib.web import csrf
    from chalicelib.web.request import Request

    request = Request("POST", "/", "/", {}, [], "", "", clock.now(), token=browser.cookie.encode())
    return csrf.token(request) if browser.cookie else ""


def endpoints() -> dict[tuple[str, str], Any]:
    import app  # noqa: F401
    from chalicelib.web import ENDPOINTS

    return {(one.method, one.path): one for one in ENDPOINTS}


def group(path: str) -> str:
    """The routes of one test: those of the API, of admins, of the account, and the other pages."""
    return next((one for one in GROUPS if path.startswith(one)), "/")


GROUPS = ("/api/admin", "/api", "/admin", "/account")


def test_every_route_stands_in_the_table() -> None:
    assert set(endpoints()) ^ set(EXPECTED) == set(), "add the route's line to TABLE, or take it out"


@pytest.fixture
def sockets(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a socket server, as in every system that serves."""
    from chalicelib.config import config

    monkeypatch.setenv("SOCKETS_URL", "ws://127.0.0.1:1/")
    config.cache_clear()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group_of_routes", sorted({group(path) for _, path in EXPECTED}))
def test_each_caller_is_answered_as_the_table_says(
    group_of_routes: str, community: Community, clock: Any, sql: Callable[..., list[Any]], sockets: None
) -> None:
    clock.set(NOW)
    world = World(community, Practice(community, sql), sql)
    wrong = []
    for (method, path), endpoint in endpoints().items():
        if group(path) != group_of_routes or (method, path) not in EXPECTED:
            continue
        target = path.format(**world.parts(path))
        found = {}
        # Those whose things these are come after everybody who must not touch them, each to a new thing.
        for who in sorted(CALLERS, key=lambda who: who in OWNERS):
            target = path.format(**world.parts(path)) if who in OWNERS else target
            found[who] = ask(endpoint, world.browser(who), target).status
        answered = tuple(found[who] for who in CALLERS)
        if answered != EXPECTED[method, path]:
            wrong.append(f"{method} {path} {' '.join(map(str, answered))}")
        assert max(answered) < 500, (method, path, found)
    if wrong:
        pytest.fail("not as the table says:\n" + "\n".join(wrong), pytrace=False)


def test_a_refused_form_about_what_is_not_there_is_not_there(community: Community) -> None:
    bea = community.member("bea")
    for path in ("/availability/{}", "/availability/{}/delete"):
        answer = bea.post(path.format(uuid.uuid4()), {"csrf": csrf(bea), "start": "?"}, kind="form")
        assert answer.status in (404, 422), (path, answer.text)

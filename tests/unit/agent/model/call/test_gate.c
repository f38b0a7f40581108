/* test_gate.c - the rate of requests, whose turn it is, and the circuit breaker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/model/call/gate.h"
#include "protocol/base/slice.h"

enum { START_MS = 1000 };

struct fixture {
	struct gates *gates;
	struct gate *gate;
	uint64_t wait_ms;
};

static void setup(struct fixture *f)
{
	f->gates = gates_new();
	f->gate = gate_of(f->gates, "api.example:443");
	f->wait_ms = 0;
}

/* Asks at a time, as a new call that is urgent or not; if it goes, it ends at once as `kind`. */
static enum gate_answer send(struct fixture *f, uint64_t now, uint32_t rate, enum fail_kind kind)
{
	struct gate_place p = { 0 };
	enum gate_answer a = gate_ask(f->gate, &p, now, rate, &f->wait_ms);

	if (a == GATE_GO)
		gate_told(f->gate, &p, now, kind);
	else
		gate_leave(f->gate, &p);
	return a;
}

static void one_minute_slides(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_ptr_equal(gate_of(f.gates, "api.example:443"), f.gate);
	assert_ptr_not_equal(gate_of(f.gates, "other.example:443"), f.gate);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(&f, START_MS + (uint64_t)i * 10000, 3, FAIL_NONE), GATE_GO);
	assert_int_equal(send(&f, START_MS + 20000, 3, FAIL_NONE), GATE_WAIT);
	assert_int_equal(f.wait_ms, 40000);
	assert_int_equal(send(&f, START_MS + 59999, 3, FAIL_NONE), GATE_WAIT);
	assert_int_equal(f.wait_ms, 1);
	assert_int_equal(send(&f, START_MS + 60000, 3, FAIL_NONE), GATE_GO);
	assert_int_equal(send(&f, START_MS + 60000, 3, FAIL_NONE), GATE_WAIT);
	assert_int_equal(f.wait_ms, 10000);
	assert_int_equal(send(&f, START_MS + 60000, 0, FAIL_NONE), GATE_GO); /* no limit */
	gates_free(f.gates);
}

/* More requests than the ring holds; the widest limit that counts, and one beyond it. */
static void many_requests(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (int i = 0; i < GATE_REQUESTS_MAX; i++)
		assert_int_equal(send(&f, START_MS, GATE_REQUESTS_MAX, FAIL_NONE), GATE_GO);
	assert_int_equal(send(&f, START_MS, GATE_REQUESTS_MAX, FAIL_NONE), GATE_WAIT);
	assert_int_equal(f.wait_ms, GATE_MINUTE_MS);
	assert_int_equal(send(&f, START_MS, GATE_REQUESTS_MAX + 1, FAIL_NONE), GATE_GO);
	assert_int_equal(send(&f, START_MS + 60000, GATE_REQUESTS_MAX, FAIL_NONE), GATE_GO);
	gates_free(f.gates);
}

static void a_person_goes_first(void **state)
{
	struct gate_place task = { 0 }, person = { .urgent = true };
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(send(&f, START_MS, 1, FAIL_NONE), GATE_GO);
	assert_int_equal(gate_ask(f.gate, &task, START_MS, 1, &f.wait_ms), GATE_WAIT);
	assert_int_equal(gate_ask(f.gate, &person, START_MS, 1, &f.wait_ms), GATE_WAIT);
	assert_int_equal(gate_ask(f.gate, &person, START_MS + 5, 1, &f.wait_ms), GATE_WAIT);
	assert_int_equal(gate_ask(f.gate, &task, START_MS + 60000, 1, &f.wait_ms), GATE_WAIT);
	assert_int_equal(f.wait_ms, GATE_AGAIN_MS);
	gate_leave(f.gate, &person); /* gave up: the way is free for the task */
	assert_int_equal(gate_ask(f.gate, &task, START_MS + 60000, 1, &f.wait_ms), GATE_GO);
	gates_free(f.gates);
}

static void open_circuit(struct fixture *f, uint64_t now)
{
	for (int i = 0; i < GATE_FAILURES; i++) {
		assert_false(gate_is_open(f->gate, now));
		assert_int_equal(send(f, now, 0, i ? FAIL_SERVER : FAIL_OVERLOADED), GATE_GO);
	}
	assert_true(gate_is_open(f->gate, now));
	assert_int_equal(gate_why(f->gate), FAIL_SERVER);
}

static void the_circuit_opens_and_closes(void **state)
{
	struct gate_place trial = { 0 }, other = { 0 };
	struct fixture f;

	(void)state;
	setup(&f);
	open_circuit(&f, START_MS);
	assert_int_equal(send(&f, START_MS + 1, 0, FAIL_NONE), GATE_SHUT);
	assert_int_equal(f.wait_ms, GATE_OPEN_MS - 1);
	/* one trial; who comes meanwhile waits for what it finds */
	assert_int_equal(gate_ask(f.gate, &trial, START_MS + GATE_OPEN_MS, 0, &f.wait_ms), GATE_GO);
	assert_int_equal(gate_ask(f.gate, &other, START_MS + GATE_OPEN_MS, 0, &f.wait_ms),
			 GATE_WAIT);
	gate_told(f.gate, &trial, START_MS + GATE_OPEN_MS + 7, FAIL_TIMEOUT);
	assert_int_equal(gate_ask(f.gate, &other, START_MS + GATE_OPEN_MS + 8, 0, &f.wait_ms),
			 GATE_SHUT);
	assert_int_equal(f.wait_ms, GATE_OPEN_MS - 1);
	/* the next trial is given up, the one after it is answered well */
	assert_int_equal(gate_ask(f.gate, &trial, START_MS + 3 * GATE_OPEN_MS, 0, &f.wait_ms),
			 GATE_GO);
	gate_leave(f.gate, &trial);
	assert_int_equal(send(&f, START_MS + 3 * GATE_OPEN_MS, 0, FAIL_NONE), GATE_GO);
	open_circuit(&f, START_MS + 3 * GATE_OPEN_MS); /* closed: it takes five failures again */
	gates_free(f.gates);
}

static void only_the_servers_own_failures_count(void **state)
{
	static const enum fail_kind neutral[] = { FAIL_RESOLVE, FAIL_PROXY, FAIL_TRUST,
						  FAIL_FOREIGN };
	static const enum fail_kind works[] = { FAIL_NONE, FAIL_AUTH, FAIL_RATE, FAIL_REQUEST };
	struct fixture f;

	(void)state;
	setup(&f);
	for (int i = 0; i < 30; i++)
		assert_int_equal(send(&f, START_MS, 0, neutral[i % 4]), GATE_GO);
	for (int i = 0; i < 30; i++) /* never five in a row */
		assert_int_equal(send(&f, START_MS, 0, i % 5 == 4 ? works[i % 4] : FAIL_CUT),
				 GATE_GO);
	assert_false(gate_is_open(f.gate, START_MS));
	for (int i = 0; i < 2 * GATE_FAILURES - 1;
	     i++) /* the neutral ones neither count nor clear */
		assert_int_equal(send(&f, START_MS, 0, i % 2 ? FAIL_RESOLVE : FAIL_CONNECT),
				 GATE_GO);
	assert_true(gate_is_open(f.gate, START_MS));
	gates_free(f.gates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_minute_slides),
		cmocka_unit_test(many_requests),
		cmocka_unit_test(a_person_goes_first),
		cmocka_unit_test(the_circuit_opens_and_closes),
		cmocka_unit_test(only_the_servers_own_failures_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

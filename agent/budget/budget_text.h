/* budget_text.h - budgets in words: for the person, and for the model. */
#ifndef EMEND_BUDGET_TEXT_H
#define EMEND_BUDGET_TEXT_H

#include "agent/budget/budget.h"

enum { BUDGET_TEXT = 96 };

/* "$0.01", "$12.50"; below a cent with as many digits as it needs: "$0.0004". */
void budget_usd(char out[BUDGET_TEXT], double usd);
/* What is used of a cap: "$1.62 of the task's $2.00", "80 of the task's 100 turns". */
void budget_state(const struct budget *b, enum budget_cap cap, char out[BUDGET_TEXT]);
/* What a raise would add: "$2.00 more". false: nobody is asked about this cap. */
bool budget_more(const struct budget *b, enum budget_cap cap, char out[BUDGET_TEXT]);
/* Why there is no room for the call, and the flag or setting that makes some. Always false. */
bool budget_over(const struct budget *b, enum budget_cap cap, const struct budget_call *c,
		 struct err *err);

#endif

/* list.h - an intrusive, circular, doubly linked list. A `struct list` is both the head and the
 * link embedded in an element; get the element back with container_of(). */
#ifndef EMEND_LIST_H
#define EMEND_LIST_H

#include "protocol/base/base.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Harmless on a node that is not in a list, if it was initialised. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* All of `from` goes behind what is in `to`. Who calls back while going through a list takes its
 * elements away first and then the first one again and again, as a callback may remove any of them. */
static inline void list_move(struct list *from, struct list *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/* The loop body may remove `it` itself, as the next node was read before; but no other one, so it
 * must call nobody who could. */
#define LIST_EACH(it, tmp, head)                                            \
	for (struct list *it = (head)->next, *tmp = it->next; it != (head); \
	     it = tmp, tmp = it->next)

#endif

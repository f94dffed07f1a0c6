//! What an account may do with its money: margin, cash, currencies, fees, bookings.

use super::Edge;

pub(super) const EDGES: &[Edge] = &[
    Edge {
        scenario: "hedging",
        events: &[
            "fill a1 5@101 left 0 touch long",
            "fill a2 3@100 left 0 touch short",
            "denied a3 bad_leg",
            "fill a4 5@100 left 1 touch long",
            "cancelled a4 1 not_reducing",
            "fill a5 1@101 left 0 touch short",
            "denied a6 not_reducing position=0",
            "denied b1 bad_leg",
        ],
        accounts: &["a 99994 equity 99992 Y short 2"],
    },
    Edge {
        scenario: "margin",
        events: &[
            "fill a1 60@100 left 0 touch",
            "denied a2 buying_power available=1000 needed=1100",
            "denied a4 buying_power available=1000 needed=1100",
            "denied b1 buying_power available=1000 needed=1020",
            "fill b2 50@100 left 0 touch",
        ],
        accounts: &[
            "a 1000 equity 1000 Y long 60",
            "b 1000 equity 1000 Y long 50",
        ],
    },
    Edge {
        scenario: "margin_call",
        events: &[
            "fill a1 60@100 left 0 touch",
            "fill a2 40@100 left 0 touch",
            "margin_call a equity 460 required 473",
            "cancelled a3 60 margin_call",
            "cancelled a4 60 margin_call",
            "margin_call a sell 60@91 touch",
        ],
        accounts: &["a 460 equity 460 Z long 40"],
    },
    Edge {
        scenario: "cash",
        events: &[
            "fill a1 8@100 left 0 touch",
            "denied a2 buying_power available=200 needed=270",
            "denied a4 buying_power available=20 needed=30",
            "denied a5 short_not_allowed available=8",
            "denied a7 short_not_allowed available=3",
            "fill a8 3@100 left 0 touch",
            "fill a9 3@100 left 0 touch",
        ],
        accounts: &["a 1000 equity 1000 Y long 8"],
    },
    Edge {
        scenario: "shorts",
        events: &[
            "denied a1 short_not_allowed available=0",
            "fill a2 5@101 left 0 touch",
            "denied a3 short_not_allowed available=5",
            "fill a4 5@100 left 0 touch",
            "denied b1 short_not_allowed available=0",
            "fill a5 1@100 left 0 touch",
        ],
        accounts: &["a 99995 equity 99994 S short 1", "b 100000 equity 100000"],
    },
    Edge {
        scenario: "fees",
        events: &[
            "fill a1 4@100 left 6 book maker fee 1",
            "fill b1 4@100 left 0 book fee 1",
            "fill a1 6@100 left 0 book maker",
            "fill c1 6@100 left 0 book fee 1",
            "fill a2 100@100 left 0 book maker fee 1",
            "fill b2 100@100 left 0 book fee 11",
            "fill a3 5@100 left 0 book maker fee 1",
            "fill b3 5@100 left 20 book fee 1",
            "fill c3 20@100 left 0 book maker fee 1",
            "fill b3 20@100 left 0 book fee 1.75",
        ],
        accounts: &[
            "a 99997 equity 99997 X short 115",
            "b 99985.25 equity 99985.25 X long 129",
            "c 99998 equity 99998 X short 14",
        ],
    },
    Edge {
        scenario: "currencies",
        events: &[
            "denied a1 no_conversion",
            "fill a2 10@100 left 0 touch",
            "fill a3 10@105 left 0 touch",
            "fill a4 1@105 left 0 touch",
        ],
        accounts: &["a 100060 equity 100062.4 EUR 50 E long 1"],
    },
    Edge {
        scenario: "bookings",
        events: &[
            "fill a1 10@100 left 0 touch",
            "fill b1 5@100 left 0 touch",
            "booked a financing -0.1",
            "booked b financing 0.025",
            "booked a dividend 5",
            "booked b dividend -2.5",
            "rejected off_grid price=100.5 tick_size=1",
            "rejected bad_data fault=dividend per_unit=-1",
        ],
        accounts: &[
            "a 100004.9 equity 100004.9 Y long 10",
            "b 99997.525 equity 99997.525 Y short 5",
        ],
    },
    Edge {
        scenario: "split",
        events: &[
            "fill a1 5@105 left 0 touch",
            "fill b1 3@102 left 0 touch",
            "cancelled a2 5 split",
            "booked a split -1",
            "booked b split -1",
            "denied a3 bad_quote good_seq=10 lost=false",
            "fill a4 7@69 left 0 touch",
            "fill c1 2@70 left 0 touch",
            "booked b split -2",
            "booked c split -2",
            "rejected bad_data fault=split max=1000 new=1 old=1",
        ],
        accounts: &[
            "a 99992 equity 99992",
            "b 99997 equity 99991 Y short 1",
            "c 99998 equity 99998",
        ],
    },
    Edge {
        scenario: "margin_leverage",
        events: &[
            "fill a1 50@100 left 0 touch",
            "margin_call a equity 400 required 440",
            "margin_call a sell 50@88 touch",
        ],
        accounts: &["a 400 equity 400"],
    },
    Edge {
        scenario: "margin_book",
        events: &[
            "fill b1 60@100 left 0 book maker",
            "fill a1 60@100 left 0 book",
            "cancelled c1 20 requested",
            "margin_call a equity 100 required 255",
            "fill c2 20@85 left 0 book maker",
            "margin_call a sell 20@85 book",
            "margin_call a sell 40@85 house",
        ],
        accounts: &["a 100 equity 100", "c 100000 equity 100000 X long 20"],
    },
    Edge {
        scenario: "currency_limits",
        events: &[
            "fill a1 10@100 left 0 touch fee 1",
            "fill b1 10@100 left 0 touch",
            "breach b max_loss",
            "liquidation b sell 10@96 touch",
            "state b failed",
            "fill a2 1@100 left 0 touch",
            "fill a3 1@100 left 0 touch",
            "denied a4 currencies_max max=3",
        ],
        accounts: &[
            "a 99998.7 equity 99998.7 EUR -1 GBP 0 JPY 0 E long 10, G long 1, J long 1",
            "b 948 equity 948 EUR -40",
        ],
    },
    Edge {
        scenario: "hedged_dividend",
        events: &[
            "fill a1 10@100 left 0 touch long",
            "fill a2 4@100 left 0 touch short",
            "booked a long dividend 5",
            "booked a short dividend -2",
        ],
        accounts: &["a 100003 equity 100003 Y long 10, Y short 4"],
    },
];

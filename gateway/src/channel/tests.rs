use super::*;

const NOON: TimestampNs = TimestampNs(1_709_208_000_000_000_000);

fn channel(name: ChannelName, limits: Limits) -> Channel {
    Channel::new(name, "e".to_owned(), Arc::new(limits))
}

fn rows(rows: &[(u64, &str)]) -> Rows {
    rows.iter()
        .map(|(key, row)| (*key, Json::from(*row)))
        .collect()
}

fn events(events: &[&str]) -> Vec<Json> {
    events.iter().map(|event| Json::from(*event)).collect()
}

/// Pulls once; what came, shortened to type, epoch, seq and data.
fn pull(channel: &Channel, cursor: &mut Cursor) -> Vec<String> {
    let Pull::Frames(frames) = channel.pull(cursor) else {
        return Vec::new();
    };
    let short = |frame: &Utf8Bytes| {
        let value: serde_json::Value = serde_json::from_str(frame).unwrap();
        assert_eq!(value["ch"], channel.name().to_string());
        assert_eq!(value["ts"], "2024-02-29T12:00:00Z");
        format!(
            "{} {} {} {}",
            value["type"].as_str().unwrap(),
            value["epoch"].as_str().unwrap(),
            value["seq"],
            value["data"]
        )
    };
    frames.iter().map(short).collect()
}

#[test]
fn names_have_one_spelling() {
    for text in [
        "instruments",
        "accounts",
        "events",
        "account:17",
        "equity:17",
        "events:17",
        "board:1",
        "candles:3:60",
        "candles:3:300",
        "candles:3:3600",
    ] {
        assert_eq!(
            ChannelName::parse(text)
                .map(|name| name.to_string())
                .as_deref(),
            Some(text)
        );
    }
    for text in [
        "",
        "instrument",
        "account",
        "account:",
        "account:x",
        "account:017",
        "account:+1",
        "account:1:2",
        "candles:1",
        "candles:1:61",
        "candles:1:60:1",
        "board:-1",
        "Events",
        "account:4294967296",
    ] {
        assert_eq!(ChannelName::parse(text), None, "{text}");
    }
}

#[test]
fn a_subscriber_gets_a_snapshot_and_then_what_changed() {
    let channel = channel(ChannelName::Instruments, Limits::default());
    let mut cursor = Cursor::default();
    assert!(pull(&channel, &mut cursor).is_empty());

    channel.publish_rows(NOON, rows(&[(0, "10"), (1, "20")]), 10);
    assert_eq!(pull(&channel, &mut cursor), ["snap e.0 1 [10,20]"]);
    assert!(pull(&channel, &mut cursor).is_empty());

    channel.publish_rows(NOON, rows(&[(0, "10"), (1, "21")]), 10);
    channel.publish_rows(NOON, rows(&[(0, "10"), (1, "21")]), 10);
    channel.publish_rows(NOON, rows(&[(0, "11"), (2, "30")]), 10);
    assert_eq!(
        pull(&channel, &mut cursor),
        ["delta e.0 2 [21]", "delta e.0 3 [11,30]"]
    );
    // Whoever comes later starts from the whole.
    assert_eq!(
        pull(&channel, &mut Cursor::default()),
        ["snap e.0 3 [11,21,30]"]
    );
}

#[test]
fn an_empty_channel_has_an_empty_snapshot() {
    let channel = channel(ChannelName::Accounts, Limits::default());
    channel.publish_rows(NOON, Rows::new(), 10);
    assert_eq!(pull(&channel, &mut Cursor::default()), ["snap e.0 1 []"]);
}

#[test]
fn rows_beyond_the_limit_leave_the_snapshot_from_the_lowest() {
    let channel = channel(ChannelName::Equity(AccountId(1)), Limits::default());
    channel.publish_rows(NOON, rows(&[(1, "1"), (2, "2")]), 2);
    channel.publish_rows(NOON, rows(&[(2, "2"), (3, "3")]), 2);
    assert_eq!(pull(&channel, &mut Cursor::default()), ["snap e.0 2 [2,3]"]);
}

#[test]
fn replaced_rows_reach_everybody_as_a_snapshot() {
    let channel = channel(ChannelName::Equity(AccountId(1)), Limits::default());
    let mut cursor = Cursor::default();
    channel.publish_rows(NOON, rows(&[(1, "1"), (2, "2")]), 9);
    pull(&channel, &mut cursor);
    channel.replace_rows(NOON, rows(&[(2, "2")]));
    assert_eq!(pull(&channel, &mut cursor), ["snap e.0 2 [2]"]);
    channel.publish_rows(NOON, rows(&[(3, "3")]), 9);
    assert_eq!(pull(&channel, &mut cursor), ["delta e.0 3 [3]"]);
}

#[test]
fn a_subscriber_of_state_that_is_far_behind_gets_the_whole() {
    let limits = Limits {
        state_lag_max: 2,
        ..Limits::default()
    };
    let channel = channel(ChannelName::Account(AccountId(1)), limits);
    let mut cursor = Cursor::default();
    channel.publish_whole(NOON, &"0".into());
    assert_eq!(pull(&channel, &mut cursor), ["snap e.0 1 0"]);
    for whole in ["1", "1", "2"] {
        channel.publish_whole(NOON, &whole.into());
    }
    assert_eq!(
        pull(&channel, &mut cursor),
        ["delta e.0 2 1", "delta e.0 3 2"]
    );
    for whole in ["3", "4", "5"] {
        channel.publish_whole(NOON, &whole.into());
    }
    assert_eq!(pull(&channel, &mut cursor), ["snap e.0 6 5"]);

    // Whoever resumes gets all that the ring has, and falls behind like everybody from then on.
    let mut cursor = channel.resume("e.0", 3).unwrap();
    let missed = ["delta e.0 4 3", "delta e.0 5 4", "delta e.0 6 5"];
    assert_eq!(pull(&channel, &mut cursor), missed);
    for whole in ["6", "7", "8"] {
        channel.publish_whole(NOON, &whole.into());
    }
    assert_eq!(pull(&channel, &mut cursor), ["snap e.0 9 8"]);
}

#[test]
fn a_long_resumption_of_state_is_pulled_in_pieces() {
    let channel = channel(ChannelName::Account(AccountId(1)), Limits::default());
    for number in 0..51 {
        channel.publish_whole(NOON, &number.to_string().into());
    }
    let mut cursor = channel.resume("e.0", 1).unwrap();
    let pieces: Vec<_> = (0..3).map(|_| pull(&channel, &mut cursor)).collect();
    assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [32, 18, 0]);
    assert_eq!(pieces[1][17], "delta e.0 51 50");
}

#[test]
fn a_board_says_which_rows_changed() {
    let channel = channel(ChannelName::Board(CompetitionId(1)), Limits::default());
    let mut cursor = Cursor::default();
    channel.publish_board(NOON, "\"c\"".into(), rows(&[(7, "70"), (8, "80")]));
    assert_eq!(
        pull(&channel, &mut cursor),
        [r#"snap e.0 1 {"competition":"c","rows":[70,80]}"#]
    );
    channel.publish_board(NOON, "\"c\"".into(), rows(&[(8, "81"), (7, "70")]));
    assert_eq!(
        pull(&channel, &mut cursor),
        [r#"delta e.0 2 {"rows":[81]}"#]
    );
    channel.publish_board(NOON, "\"c\"".into(), rows(&[(8, "81"), (7, "70")]));
    assert!(pull(&channel, &mut cursor).is_empty());
    // Another takes the place of one that is not on the page any more, and the competition moves on.
    channel.publish_board(NOON, "\"d\"".into(), rows(&[(8, "81"), (9, "90")]));
    assert_eq!(
        pull(&channel, &mut cursor),
        [r#"delta e.0 3 {"competition":"d","gone":["7"],"rows":[90]}"#]
    );
    channel.publish_board(NOON, "\"d\"".into(), rows(&[(9, "90")]));
    assert_eq!(
        pull(&channel, &mut cursor),
        [r#"delta e.0 4 {"gone":["8"],"rows":[]}"#]
    );
}

#[test]
fn events_come_in_bounded_frames_and_none_may_be_missed() {
    let limits = Limits {
        events_per_frame_max: 2,
        event_snapshot_max: 3,
        event_ring_max: 2,
        ..Limits::default()
    };
    let channel = channel(ChannelName::Events, limits);
    let mut cursor = Cursor::default();
    channel.publish_events(NOON, &events(&["0"]));
    assert!(channel.is_empty());
    channel.begin_events(NOON, events(&["1"]));
    assert_eq!(pull(&channel, &mut cursor), ["snap e.0 1 [1]"]);
    channel.publish_events(NOON, &events(&["2", "3", "4"]));
    let mut slow = cursor;
    assert_eq!(
        pull(&channel, &mut cursor),
        ["event e.0 2 [2,3]", "event e.0 3 [4]"]
    );
    assert_eq!(
        pull(&channel, &mut Cursor::default()),
        ["snap e.0 3 [2,3,4]"]
    );
    channel.publish_events(NOON, &events(&["5"]));
    assert!(matches!(channel.pull(&mut slow), Pull::Lost));
    assert_eq!(pull(&channel, &mut cursor), ["event e.0 4 [5]"]);
}

#[test]
fn an_epoch_ends_where_numbering_breaks_off() {
    let channel = channel(ChannelName::Events, Limits::default());
    let mut cursor = Cursor::default();
    channel.begin_events(NOON, events(&["1"]));
    pull(&channel, &mut cursor);
    channel.begin_events(NOON, events(&["9"]));
    assert_eq!(pull(&channel, &mut cursor), ["snap e.1 1 [9]"]);
    assert!(channel.resume("e.0", 1).is_none());
    assert!(channel.resume("e.1", 1).is_some());
}

#[test]
fn a_place_in_the_ring_can_be_resumed() {
    let limits = Limits {
        event_ring_max: 2,
        ..Limits::default()
    };
    let channel = channel(ChannelName::Events, limits);
    assert!(channel.resume("e.0", 0).is_none());
    channel.begin_events(NOON, Vec::new());
    for event in ["2", "3", "4"] {
        channel.publish_events(NOON, &events(&[event]));
    }
    let mut cursor = channel.resume("e.0", 2).unwrap();
    assert_eq!(
        pull(&channel, &mut cursor),
        ["event e.0 3 [3]", "event e.0 4 [4]"]
    );
    assert!(pull(&channel, &mut channel.resume("e.0", 4).unwrap()).is_empty());
    // Gone, not yet there, or somebody else's.
    assert!(channel.resume("e.0", 1).is_none());
    assert!(channel.resume("e.0", 5).is_none());
    assert!(channel.resume("x.0", 3).is_none());
}

#[test]
fn a_ring_holds_few_bytes_but_always_the_newest_frame() {
    let limits = Limits {
        ring_bytes_max: 1,
        ..Limits::default()
    };
    let channel = channel(ChannelName::Events, limits);
    channel.begin_events(NOON, Vec::new());
    channel.publish_events(NOON, &events(&["2"]));
    channel.publish_events(NOON, &events(&["3"]));
    assert!(channel.resume("e.0", 1).is_none());
    assert!(channel.resume("e.0", 2).is_some());
}

#[test]
fn a_message_that_is_too_large_is_said_to_be() {
    let limits = Limits {
        frame_bytes_max: 100,
        ..Limits::default()
    };
    let channel = channel(ChannelName::Accounts, limits);
    let row = format!("\"{}\"", "x".repeat(100));
    channel.publish_rows(NOON, rows(&[(0, row.as_str())]), 1);
    assert!(matches!(channel.pull(&mut Cursor::default()), Pull::TooLarge(bytes) if bytes > 100));
}

#[test]
fn a_long_backlog_is_pulled_in_pieces() {
    let channel = channel(ChannelName::Events, Limits::default());
    channel.begin_events(NOON, Vec::new());
    let mut cursor = Cursor::default();
    pull(&channel, &mut cursor);
    for number in 0..70 {
        channel.publish_events(NOON, &events(&[&number.to_string()]));
    }
    let pieces: Vec<_> = (0..4).map(|_| pull(&channel, &mut cursor)).collect();
    assert_eq!(
        pieces.iter().map(Vec::len).collect::<Vec<_>>(),
        [32, 32, 6, 0]
    );
    assert_eq!(pieces[1][0], "event e.0 34 [32]");
    assert_eq!(pieces[2][5], "event e.0 71 [69]");
}

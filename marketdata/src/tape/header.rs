//! What a tape says of itself: everything that its adapters were made from.

use std::fmt::Write as _;
use std::time::Duration;

use types::{InstrumentId, Price, Qty, Ratio};

use super::{TapeError, shown};
use crate::feed::{
    Adapter, BookChannel, Channels, Credentials, Fields, Listing, Spec, Value, price, qty, quoted,
    signed, unsigned,
};
use crate::venue::Feed;

/// The version that this program writes; it reads 1, too, and writes that where no feed has `stale_after`.
const VERSION: u64 = 2;

/// The beginning of a tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The connections; entries name their place here. One or more.
    pub feeds: Vec<FeedHeader>,
}

/// One connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedHeader {
    /// Venue and product, such as `binance-spot`.
    pub feed: &'static Feed,
    /// What was subscribed to.
    pub channels: Channels,
    /// A topic that said nothing for longer was stale.
    pub stale_after: Option<Duration>,
    /// For which instruments.
    pub listings: Vec<TapeListing>,
}

/// An instrument of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeListing {
    /// What it was called by whoever recorded it.
    pub name: String,
    /// What it was to the adapter.
    pub listing: Listing,
}

impl FeedHeader {
    /// The adapter that heard it, without keys: tapes have none.
    pub fn adapter(&self) -> Box<dyn Adapter> {
        self.adapter_with(Credentials::default())
    }

    /// The adapter that hears it, with its keys.
    pub fn adapter_with(&self, credentials: Credentials) -> Box<dyn Adapter> {
        let mut adapter = (self.feed).adapter(credentials, self.listings(), self.channels);
        if let Some(stale_after) = self.stale_after {
            adapter.watch(stale_after);
        }
        adapter
    }

    /// The instruments as an adapter takes them.
    pub fn listings(&self) -> Vec<Listing> {
        let listings = self.listings.iter();
        listings.map(|own| own.listing.clone()).collect()
    }
}

impl Header {
    /// As JSON.
    pub(super) fn to_json(&self) -> String {
        let is_watched = self.feeds.iter().any(|own| own.stale_after.is_some());
        let version = if is_watched { VERSION } else { 1 };
        let mut json = format!("{{\"version\":{version},\"feeds\":[");
        for (place, own) in self.feeds.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let book = match own.channels.book {
                BookChannel::Touch => "touch",
                BookChannel::Depth => "depth",
            };
            // Writing to a string does not fail.
            let _ = write!(
                json,
                "{comma}{{\"feed\":{},\"book\":\"{book}\",\"trades\":{},",
                quoted(own.feed.name),
                own.channels.trades
            );
            if let Some(stale_after) = own.stale_after {
                let _ = write!(json, "\"stale_after_ms\":{},", stale_after.as_millis());
            }
            json.push_str("\"listings\":[");
            for (place, TapeListing { name, listing }) in own.listings.iter().enumerate() {
                let comma = if place == 0 { "" } else { "," };
                let spec = &listing.spec;
                let _ = write!(
                    json,
                    "{comma}{{\"instrument\":{},\"name\":{},\"symbol\":{},\"tick_size\":\"{}\",\"lot_size\":\"{}\",\
                     \"may_be_negative\":{},\"outlier_band_1e9\":{}}}",
                    listing.instrument.0,
                    quoted(name),
                    quoted(&listing.symbol),
                    spec.tick_size,
                    spec.lot_size,
                    spec.may_be_negative,
                    spec.outlier_band.0
                );
            }
            json.push_str("]}");
        }
        json.push_str("]}");
        json
    }

    /// From JSON.
    ///
    /// # Errors
    /// [`TapeError::Header`], with the first field that is not as it must be.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, TapeError> {
        let object = Fields::of(json).ok_or_else(|| wrong("the header", json, "a JSON object"))?;
        let version = number(&object, "version")?;
        if version != 1 && version != VERSION {
            return Err(wrong(
                "version",
                version.to_string().as_bytes(),
                "1 or 2: another program wrote it",
            ));
        }
        let mut feeds = Vec::new();
        for item in items(&object, "feeds")? {
            let item = fields(item, "feeds")?;
            let name = text(&item, "feed")?;
            let feed = Feed::of(&name)
                .ok_or_else(|| wrong("feed", name.as_bytes(), "a feed of this program"))?;
            let book = text(&item, "book")?;
            let book = match book.as_str() {
                "touch" => BookChannel::Touch,
                "depth" => BookChannel::Depth,
                _ => return Err(wrong("book", book.as_bytes(), "touch or depth")),
            };
            let trades = flag(&item, "trades")?;
            let stale_after = match item.clone().get(b"stale_after_ms") {
                Ok(None) => None,
                _ => Some(Duration::from_millis(number(&item, "stale_after_ms")?)),
            };
            let mut listings = Vec::new();
            for item in items(&item, "listings")? {
                listings.push(listing(&fields(item, "listings")?)?);
            }
            if listings.is_empty() {
                return Err(wrong("listings", b"[]", "one or more"));
            }
            let channels = Channels { book, trades };
            feeds.push(FeedHeader {
                feed,
                channels,
                stale_after,
                listings,
            });
        }
        if feeds.is_empty() || feeds.len() > usize::from(u16::MAX) {
            let found = feeds.len().to_string();
            return Err(wrong("feeds", found.as_bytes(), "1 to 65535 of them"));
        }
        Ok(Self { feeds })
    }
}

fn listing(item: &Fields<'_>) -> Result<TapeListing, TapeError> {
    const STEP: &str = "a decimal number above 0";
    let tick_size = scalar(item, "tick_size", STEP)?;
    let lot_size = scalar(item, "lot_size", STEP)?;
    let band = scalar(item, "outlier_band_1e9", "a whole number")?;
    let instrument = number(item, "instrument")?;
    Ok(TapeListing {
        name: text(item, "name")?,
        listing: Listing {
            instrument: u32::try_from(instrument).map(InstrumentId).map_err(|_| {
                let found = instrument.to_string();
                wrong("instrument", found.as_bytes(), "0 to 4294967295")
            })?,
            symbol: text(item, "symbol")?,
            spec: Spec {
                tick_size: price(tick_size)
                    .ok()
                    .filter(|tick| *tick > Price::ZERO)
                    .ok_or_else(|| wrong("tick_size", tick_size, STEP))?,
                lot_size: qty(lot_size)
                    .ok()
                    .filter(|lot| *lot > Qty::ZERO)
                    .ok_or_else(|| wrong("lot_size", lot_size, STEP))?,
                may_be_negative: flag(item, "may_be_negative")?,
                outlier_band: signed(band)
                    .ok()
                    .filter(|band| *band >= 0)
                    .map(Ratio)
                    .ok_or_else(|| wrong("outlier_band_1e9", band, "a whole number from 0"))?,
            },
        },
    })
}

fn wrong(field: &'static str, found: &[u8], accepted: &'static str) -> TapeError {
    TapeError::Header {
        field,
        found: shown(found),
        accepted,
    }
}

fn value<'a>(
    object: &Fields<'a>,
    name: &'static str,
    accepted: &'static str,
) -> Result<Value<'a>, TapeError> {
    let found = object.clone().get(name.as_bytes());
    found
        .ok()
        .flatten()
        .ok_or_else(|| wrong(name, b"", accepted))
}

fn scalar<'a>(
    object: &Fields<'a>,
    name: &'static str,
    accepted: &'static str,
) -> Result<&'a [u8], TapeError> {
    let value = value(object, name, accepted)?;
    value
        .scalar()
        .ok_or_else(|| wrong(name, value.bytes(), accepted))
}

fn text(object: &Fields<'_>, name: &'static str) -> Result<String, TapeError> {
    const TEXT: &str = "text in quotes";
    let value = value(object, name, TEXT)?;
    match value {
        Value::Text(bytes) if !bytes.is_empty() => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    }
    .ok_or_else(|| wrong(name, value.bytes(), TEXT))
}

fn number(object: &Fields<'_>, name: &'static str) -> Result<u64, TapeError> {
    const NUMBER: &str = "a whole number";
    let found = scalar(object, name, NUMBER)?;
    unsigned(found).map_err(|_| wrong(name, found, NUMBER))
}

fn flag(object: &Fields<'_>, name: &'static str) -> Result<bool, TapeError> {
    const FLAG: &str = "true or false";
    match scalar(object, name, FLAG)? {
        b"true" => Ok(true),
        b"false" => Ok(false),
        found => Err(wrong(name, found, FLAG)),
    }
}

fn items<'a>(object: &Fields<'a>, name: &'static str) -> Result<Vec<Value<'a>>, TapeError> {
    const LIST: &str = "a list";
    let value = value(object, name, LIST)?;
    let items = value.items().map(Iterator::collect::<Result<Vec<_>, _>>);
    items
        .and_then(Result::ok)
        .ok_or_else(|| wrong(name, value.bytes(), LIST))
}

fn fields<'a>(value: Value<'a>, name: &'static str) -> Result<Fields<'a>, TapeError> {
    value
        .fields()
        .ok_or_else(|| wrong(name, value.bytes(), "a list of objects"))
}

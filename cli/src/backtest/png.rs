//! SVG to PNG, by resvg: what draws a plot once has not to draw it twice.

use anyhow::Context as _;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::Usage;

/// Pixels of an image for one of its plot.
const SCALE: f32 = 2.0;

/// Families that a text without one of its own is set in, the first that is installed.
const FAMILIES: [&str; 5] = [
    "DejaVu Sans",
    "Liberation Sans",
    "Noto Sans",
    "Arial",
    "Helvetica",
];

/// Knows the fonts of the machine.
pub(super) struct Painter {
    options: Options<'static>,
}

impl Painter {
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut options = Options::default();
        let fonts = options.fontdb_mut();
        fonts.load_system_fonts();
        let installed = |family: &&str| {
            fonts
                .faces()
                .any(|face| face.families.iter().any(|(name, _)| name == family))
        };
        let found = FAMILIES.iter().copied().find(|family| installed(family));
        let any = fonts
            .faces()
            .find_map(|face| face.families.first().map(|(name, _)| name.clone()));
        let Some(family) = found.map(str::to_owned).or(any) else {
            return Err(Usage(
                "--plots: no font is installed, and images would have no text; accepted: a machine with a font, such \
                 as DejaVu Sans, or --report, which needs none"
                    .to_owned(),
            )
            .into());
        };
        fonts.set_sans_serif_family(family);
        Ok(Self { options })
    }

    /// An image of an SVG.
    pub(super) fn paint(&self, svg: &str) -> anyhow::Result<Vec<u8>> {
        let tree = Tree::from_str(svg, &self.options).context("--plots: a plot as SVG")?;
        let size = tree.size();
        let (width, height) = (size.width() * SCALE, size.height() * SCALE);
        let mut image =
            Pixmap::new(width.ceil() as u32, height.ceil() as u32).context("--plots: no pixels")?;
        let scale = Transform::from_scale(SCALE, SCALE);
        resvg::render(&tree, scale, &mut image.as_mut());
        image.encode_png().context("--plots: PNG")
    }
}

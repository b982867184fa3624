//! A drawing of lines, areas and texts that can be written as SVG and as PNG.

use std::fmt::Write;

use tiny_skia::{Color, FillRule, LineCap, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};
use ttf_parser::{Face, OutlineBuilder};

use crate::failure::{Failure, Result};

/// 0xRRGGBB.
pub type Rgb = u32;

pub const BLACK: Rgb = 0x00_0000;
pub const WHITE: Rgb = 0xff_ffff;

/// Dots per unit of length in a bitmap.
const SCALE: f32 = 2.0;

#[derive(Clone, Copy, PartialEq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn; `dash` has the lengths of strokes and gaps, or nothing.
#[derive(Clone, Copy)]
pub struct Pen {
    pub color: Rgb,
    pub width: f32,
    pub dash: &'static [f32],
}

/// A text; vertical ones read upwards.
pub struct Text<'a> {
    pub text: &'a str,
    pub at: (f32, f32),
    pub size: f32,
    pub anchor: Anchor,
    pub color: Rgb,
    pub vertical: bool,
}

/// Units are pixels; y grows downwards.
pub struct Canvas {
    svg: String,
    pixmap: Pixmap,
    face: Face<'static>,
}

impl Canvas {
    pub fn new(width: u32, height: u32) -> Result<Self> {
        let pixels = |length: u32| (length as f32 * SCALE) as u32;
        let mut pixmap = Pixmap::new(pixels(width), pixels(height))
            .ok_or_else(|| Failure::new(format!("picture: {width} x {height} is too large")))?;
        pixmap.fill(Color::WHITE);
        let face = Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0)
            .map_err(|error| Failure::new(format!("picture: font: {error}")))?;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"Ubuntu, 'DejaVu Sans', Helvetica, Arial, sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        );
        Ok(Self { svg, pixmap, face })
    }

    pub fn line(&mut self, points: &[(f32, f32)], pen: Pen) {
        let Some(path) = path(points, false) else { return };
        let Pen { color, width, dash } = pen;
        let dashes: Vec<String> = dash.iter().map(f32::to_string).collect();
        let dashed = if dash.is_empty() {
            String::new()
        } else {
            format!(" stroke-dasharray=\"{}\"", dashes.join(","))
        };
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            self.svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#{color:06x}\" stroke-width=\"{width}\"{dashed}/>",
            list(points)
        );
        let stroke = Stroke {
            width,
            line_cap: LineCap::Butt,
            dash: StrokeDash::new(dash.to_vec(), 0.0),
            ..Stroke::default()
        };
        self.pixmap.stroke_path(&path, &paint(color), &stroke, scaled(), None);
    }

    pub fn area(&mut self, points: &[(f32, f32)], fill: Rgb, edge: Rgb) {
        let Some(path) = path(points, true) else { return };
        let _ = writeln!(
            self.svg,
            "<polygon points=\"{}\" fill=\"#{fill:06x}\" stroke=\"#{edge:06x}\" stroke-width=\"1.5\"/>",
            list(points)
        );
        self.pixmap.fill_path(&path, &paint(fill), FillRule::Winding, scaled(), None);
        let stroke = Stroke { width: 1.5, ..Stroke::default() };
        self.pixmap.stroke_path(&path, &paint(edge), &stroke, scaled(), None);
    }

    pub fn text(&mut self, text: &Text<'_>) {
        let ((x, y), size, color) = (text.at, text.size, text.color);
        let anchor = match text.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn = if text.vertical { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
        let _ = writeln!(
            self.svg,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"#{color:06x}\"{turn}>{}</text>",
            escape(text.text)
        );
        let shift = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -self.text_width(text.text, size) / 2.0,
            Anchor::End => -self.text_width(text.text, size),
        };
        let place = Transform::from_translate(shift, 0.0)
            .post_concat(if text.vertical { Transform::from_rotate(-90.0) } else { Transform::identity() })
            .post_translate(x, y)
            .post_concat(scaled());
        if let Some(path) = self.outline(text.text, size) {
            self.pixmap.fill_path(&path, &paint(color), FillRule::Winding, place, None);
        }
    }

    /// In the font that bitmaps use; a viewer of SVG may have another one of about the same width.
    pub fn text_width(&self, text: &str, size: f32) -> f32 {
        let unit = size / f32::from(self.face.units_per_em());
        text.chars().map(|letter| self.advance(letter) * unit).sum()
    }

    fn advance(&self, letter: char) -> f32 {
        let glyph = self.face.glyph_index(letter).unwrap_or_default();
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0))
    }

    fn outline(&self, text: &str, size: f32) -> Option<Path> {
        let unit = size / f32::from(self.face.units_per_em());
        let mut outline = Outline { builder: PathBuilder::new(), left: 0.0, unit };
        for letter in text.chars() {
            self.face.outline_glyph(self.face.glyph_index(letter).unwrap_or_default(), &mut outline);
            outline.left += self.advance(letter) * unit;
        }
        outline.builder.finish()
    }

    pub fn into_svg(self) -> String {
        self.svg + "</svg>\n"
    }

    pub fn into_png(self) -> Result<Vec<u8>> {
        self.pixmap.encode_png().map_err(|error| Failure::new(format!("picture: {error}")))
    }
}

fn scaled() -> Transform {
    Transform::from_scale(SCALE, SCALE)
}

fn paint(color: Rgb) -> Paint<'static> {
    let [_, red, green, blue] = color.to_be_bytes();
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}

fn path(points: &[(f32, f32)], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let (first, others) = points.split_first()?;
    builder.move_to(first.0, first.1);
    others.iter().for_each(|point| builder.line_to(point.0, point.1));
    if closed {
        builder.close();
    }
    builder.finish()
}

fn list(points: &[(f32, f32)]) -> String {
    points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Turns a font's curves, whose y grows upwards, into a path.
struct Outline {
    builder: PathBuilder,
    left: f32,
    unit: f32,
}

impl Outline {
    fn x(&self, x: f32) -> f32 {
        self.left + x * self.unit
    }

    fn y(&self, y: f32) -> f32 {
        -y * self.unit
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.builder.move_to(self.x(x), self.y(y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.builder.line_to(self.x(x), self.y(y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.builder.quad_to(self.x(x1), self.y(y1), self.x(x), self.y(y));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.builder.cubic_to(self.x(x1), self.y(y1), self.x(x2), self.y(y2), self.x(x), self.y(y));
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

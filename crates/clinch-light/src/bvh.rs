//! An 8-wide bounding volume hierarchy over moving triangles: built once, refitted for every shutter time.
//!
//! obvhs builds a binary hierarchy (PLOC with reinsertion); it is collapsed so that each node holds up to eight children and each leaf one
//! pack of up to eight triangles, both tested in one go (Dammertz, Hanika, Keller, "Shallow Bounding Volume Hierarchies for Fast SIMD Ray
//! Tracing of Incoherent Rays", 2008). Of all ways to collapse it the one is taken that a ray is expected to pay least for (Ylitie, Karras,
//! Laine, "Efficient Incoherent Ray Traversal on GPUs Through Compressed Wide BVHs", HPG 2017, section 3.1).
//!
//! Up to two thousand triangles (a *bough*) hang together as they do in the bind pose. What lies near what above that changes with every
//! pose, so the *crown* over the boughs is built anew at every fit.

#[cfg(target_arch = "x86_64")]
use crate::lanes::Avx;
use crate::lanes::{Lanes, Portable};
use glam::Vec3;
use obvhs::{BvhBuildParams, aabb::Aabb, bvh2::Bvh2};
use rayon::prelude::*;
#[cfg(target_arch = "x86_64")]
use std::sync::LazyLock;
use std::{mem::MaybeUninit, ops::Range, time::Duration};

/// Marks a child that is a pack of triangles.
const LEAF: u32 = 1 << 31;
/// Marks an unused child or lane.
const NONE: u32 = u32::MAX;
/// Entries of the traversal stack. A node of eight children leaves at most seven behind, so this serves a depth of 36; a hierarchy of
/// 70,000 triangles is 8 to 12 deep, and each eightfold of that adds one or two.
const STACK: usize = 256;
/// Most triangles that hang together whatever the pose.
const MOST_UNDER_BOUGH: u32 = 2048;
/// Most nodes on the way from the root to a bough, and the boughs' own share of the stack's depth is the rest.
const MOST_CROWN_DEPTH: usize = 16;
/// Share of the crown's nodes on whose place reinsertion tries to improve.
const CROWN_REINSERTION: f32 = 0.1;
/// What a pack takes to test, where a node takes 1.
const PACK_COST: f32 = 1.0;
/// Packs that one thread refits at once: some 50 µs of work.
const PACKS_AT_ONCE: usize = 1024;
/// Widens far planes against rounding, so that a ray along a box's face isn't lost (Ize, "Robust BVH Ray Traversal", JCGT 2(2), 2013).
const FAR_SLACK: f32 = 1.000_000_4;
/// How far outside a triangle, in barycentric coordinates, still counts: closes the hairline between neighbours.
const EDGE_SLACK: f32 = 1e-5;

/// Whether eight lanes are taken at once; the environment variable `CLINCH_PORTABLE` has a processor that can do as one that can't.
#[cfg(target_arch = "x86_64")]
static HAS_AVX2: LazyLock<bool> =
    LazyLock::new(|| std::arch::is_x86_feature_detected!("avx2") && std::env::var_os("CLINCH_PORTABLE").is_none());

/// The box around nothing.
const NOWHERE: (Vec3, Vec3) = (Vec3::INFINITY, Vec3::NEG_INFINITY);

/// A ray; `direction` is a unit vector wherever distances matter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ray {
    pub origin_m: Vec3,
    pub direction: Vec3,
    /// Hits beyond this don't count.
    pub reach_m: f32,
}

/// Where a ray met a triangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub distance_m: f32,
    pub triangle: u32,
    /// Barycentric weights of the triangle's second and third vertex.
    pub u: f32,
    pub v: f32,
}

/// Up to eight boxes.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(32))]
struct Node {
    /// `[axis][low, high][child]`; an unused child is an inverted infinite box, which no ray enters.
    bounds_m: [[[f32; 8]; 2]; 3],
    /// `[child]`: a node, a pack with the [`LEAF`] bit, or [`NONE`].
    child: [u32; 8],
}

/// Up to eight triangles as a corner and two edges.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(32))]
struct Pack {
    /// `[corner, edge to the second vertex, edge to the third][axis][lane]`; unused lanes have no area.
    corner_edges_m: [[[f32; 8]; 3]; 3],
    /// `[lane]`: triangle, or [`NONE`].
    triangle: [u32; 8],
}

/// Who hangs under whom: the same at every shutter time, but for the crown.
#[derive(Debug, Clone)]
pub(crate) struct Topology {
    /// `[node][child]`, parents before children.
    child: Vec<[u32; 8]>,
    /// `[pack][lane]`: triangle, or [`NONE`].
    pack: Vec<[u32; 8]>,
    /// `[bough]`: a node, or a pack with the [`LEAF`] bit.
    bough: Vec<u32>,
}

/// The hierarchy at one time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    /// Those under the boughs, as many as the topology has; then the crown's, its root first.
    nodes: Vec<Node>,
    below: usize,
    /// `[bough]`, as the topology has them.
    bough: Vec<u32>,
    packs: Vec<Pack>,
    /// `[node]` and `[pack]`: low and high corner of everything in it, kept from refit to refit for their memory.
    node_box_m: Vec<(Vec3, Vec3)>,
    pack_box_m: Vec<(Vec3, Vec3)>,
}

impl Topology {
    /// Builds a hierarchy for triangles whose boxes (`[triangle]`: low and high corner) show which of them belong together.
    pub fn new(boxes_m: &[(Vec3, Vec3)]) -> Self {
        let mut topology = Self { child: Vec::new(), pack: Vec::new(), bough: Vec::new() };
        if boxes_m.is_empty() {
            return topology;
        }
        let bvh2 = binary(boxes_m, 1.0);
        let plan = Plan::new(&bvh2, Leaves::Packed);
        let mut open = vec![0];
        while let Some(index) = open.pop() {
            if plan.count[index] <= MOST_UNDER_BOUGH {
                let bough = topology.add(&bvh2, &plan, index);
                topology.bough.push(bough);
            } else {
                let first = bvh2.nodes[index].first_index as usize;
                open.extend([first + 1, first]);
            }
        }
        topology
    }

    /// Adds the wide node or pack that stands for the binary node `of` and everything under it; says which child reference leads there.
    fn add(&mut self, bvh2: &Bvh2, plan: &Plan, of: usize) -> u32 {
        if plan.count[of] <= 8 {
            return self.add_pack(bvh2, of);
        }
        let index = self.child.len();
        self.child.push([NONE; 8]);
        for (slot, under) in plan.children(bvh2, of).into_iter().enumerate() {
            self.child[index][slot] = self.add(bvh2, plan, under);
        }
        index as u32
    }

    fn add_pack(&mut self, bvh2: &Bvh2, of: usize) -> u32 {
        let mut lanes = [NONE; 8];
        let mut filled = 0;
        let mut open = vec![of];
        while let Some(index) = open.pop() {
            let node = &bvh2.nodes[index];
            if node.is_leaf() {
                for i in node.first_index..node.first_index + node.prim_count {
                    lanes[filled] = bvh2.primitive_indices[i as usize];
                    filled += 1;
                }
            } else {
                open.extend([node.first_index as usize + 1, node.first_index as usize]);
            }
        }
        self.pack.push(lanes);
        (self.pack.len() - 1) as u32 | LEAF
    }

    /// Numbers the triangles in the order in which the packs hold them: gives back `[new]`: the number before.
    pub fn renumber(&mut self) -> Vec<u32> {
        let mut order = Vec::new();
        for triangle in self.pack.iter_mut().flatten().filter(|triangle| **triangle != NONE) {
            order.push(*triangle);
            *triangle = order.len() as u32 - 1;
        }
        order
    }

    /// Whether the traversal stack is deep enough for it.
    pub fn is_traversable(&self) -> bool {
        let below =
            self.bough.iter().filter(|&&bough| bough & LEAF == 0).map(|&bough| depth_of(bough as usize, |node| self.child[node])).max();
        (below.unwrap_or(0) + MOST_CROWN_DEPTH) * 7 < STACK
    }

    /// The hierarchy around triangles at their places, `[vertex]` and `[triangle]`.
    pub fn fit(&self, position_m: &[Vec3], triangles: &[[u32; 3]]) -> Fitted {
        let nodes = self.child.iter().map(|&child| Node { child, ..Node::EMPTY }).collect();
        let packs = self.pack.iter().map(|&triangle| Pack { corner_edges_m: [[[0.0; 8]; 3]; 3], triangle }).collect();
        let (below, bough) = (self.child.len(), self.bough.clone());
        let mut fitted = Fitted { nodes, below, bough, packs, node_box_m: Vec::new(), pack_box_m: Vec::new() };
        fitted.refit(position_m, triangles);
        fitted
    }
}

/// Nodes on the longest way down from one.
fn depth_of(root: usize, children: impl Fn(usize) -> [u32; 8]) -> usize {
    let (mut deepest, mut open) = (0, vec![(root, 1)]);
    while let Some((node, depth)) = open.pop() {
        deepest = deepest.max(depth);
        open.extend(children(node).iter().filter(|&&child| child & LEAF == 0).map(|&child| (child as usize, depth + 1)));
    }
    deepest
}

/// The binary hierarchy over boxes; reinsertion tries to improve on so many of its nodes, as a share.
fn binary(boxes_m: &[(Vec3, Vec3)], reinsertion_batch_ratio: f32) -> Bvh2 {
    let aabbs: Vec<Aabb> = boxes_m.iter().map(|(low, high)| Aabb::new(low.to_array().into(), high.to_array().into())).collect();
    let params = BvhBuildParams { max_prims_per_leaf: 1, pre_split: false, reinsertion_batch_ratio, ..BvhBuildParams::slow_build() };
    obvhs::bvh2::builder::build_bvh2(&aabbs, params, &mut Duration::default())
}

/// What the leaves of a binary hierarchy become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// Up to eight of them a pack.
    Packed,
    /// Each a child of its own.
    Single,
}

/// The cheapest way to collapse a binary hierarchy. The cost of a cover is the sum of its areas, each times what it takes to test what is there: that is
/// what a ray from anywhere into any direction is expected to pay.
struct Plan {
    /// `[node]`: leaves below.
    count: Vec<u32>,
    /// `[node][n − 1]`: least cost of covering it by at most n children of a wide node.
    cost: Vec<[f32; 7]>,
    /// `[node][n − 1]`: how many of the n go to the first half; 0 where one fewer is as good. The last is for the node's own children.
    split: Vec<[u8; 8]>,
}

impl Plan {
    fn new(bvh2: &Bvh2, leaves: Leaves) -> Self {
        let count = bvh2.nodes.len();
        let mut plan = Self { count: vec![0; count], cost: vec![[0.0; 7]; count], split: vec![[0; 8]; count] };
        // An explicit stack, because the children of a node need not come after it once obvhs has reinserted subtrees.
        let mut open = vec![(0, false)];
        while let Some((index, children_done)) = open.pop() {
            let node = &bvh2.nodes[index];
            let first = node.first_index as usize;
            if !node.is_leaf() && !children_done {
                open.extend([(index, true), (first, false), (first + 1, false)]);
                continue;
            }
            let area = node.aabb().half_area();
            if node.is_leaf() {
                plan.count[index] = node.prim_count;
                plan.cost[index] = [area * PACK_COST; 7];
            } else {
                plan.join(index, first, area, leaves);
            }
        }
        plan
    }

    /// Weighs the ways to cover an inner node whose halves are weighed.
    fn join(&mut self, index: usize, first: usize, area: f32, leaves: Leaves) {
        self.count[index] = self.count[first] + self.count[first + 1];
        let (one, other) = (self.cost[first], self.cost[first + 1]);
        let opened = |n: usize| {
            let ways = (1.max(n.saturating_sub(7))..=(n - 1).min(7)).map(|k| (one[k - 1] + other[n - k - 1], k as u8));
            ways.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f32::INFINITY, 1))
        };
        let (children, split) = opened(8);
        self.split[index][7] = split;
        let is_pack = leaves == Leaves::Packed && self.count[index] <= 8;
        self.cost[index][0] = if is_pack { area * PACK_COST } else { area + children };
        for n in 2..8 {
            let (cost, split) = if is_pack { (f32::INFINITY, 0) } else { opened(n) };
            let is_better = cost < self.cost[index][n - 2];
            self.cost[index][n - 1] = if is_better { cost } else { self.cost[index][n - 2] };
            self.split[index][n - 1] = if is_better { split } else { 0 };
        }
    }

    /// The up to eight binary nodes that become the children of the wide node for `of`.
    fn children(&self, bvh2: &Bvh2, of: usize) -> Vec<usize> {
        let mut children = Vec::with_capacity(8);
        let mut open = vec![(of, 8)];
        while let Some((index, n)) = open.pop() {
            let first = bvh2.nodes[index].first_index as usize;
            match usize::from(self.split[index][n - 1]) {
                _ if n == 1 => children.push(index),
                0 => open.push((index, n - 1)),
                k => open.extend([(first + 1, n - k), (first, k)]),
            }
        }
        children
    }
}

impl Fitted {
    /// Moves every box and triangle to new places, `[vertex]` and `[triangle]`; the topology stays.
    pub fn refit(&mut self, position_m: &[Vec3], triangles: &[[u32; 3]]) {
        let packs = self.packs.par_iter_mut().with_min_len(PACKS_AT_ONCE);
        packs.map(|pack| pack.refit(position_m, triangles)).collect_into_vec(&mut self.pack_box_m);
        self.node_box_m.clear();
        self.node_box_m.resize(self.below, NOWHERE);
        // Children come after their parents, so backwards every child is fitted first.
        for index in (0..self.below).rev() {
            let boxes_m = self.nodes[index].child.map(|child| if child == NONE { NOWHERE } else { self.box_m(child) });
            self.node_box_m[index] = self.nodes[index].surround(&boxes_m);
        }
        self.crown();
    }

    /// Builds the nodes over the boughs anew.
    fn crown(&mut self) {
        self.nodes.truncate(self.below);
        if self.bough.is_empty() {
            return;
        }
        let boxes_m: Vec<(Vec3, Vec3)> = self.bough.iter().map(|&bough| self.box_m(bough)).collect();
        let bvh2 = binary(&boxes_m, CROWN_REINSERTION);
        let plan = Plan::new(&bvh2, Leaves::Single);
        self.add_crown(&bvh2, &plan, 0);
        // What obvhs makes of boxes is never that deep, but nothing promises it.
        if depth_of(self.below, |node| self.nodes[node].child.map(|child| if (child as usize) < self.below { NONE } else { child }))
            > MOST_CROWN_DEPTH
        {
            self.nodes.truncate(self.below);
            self.add_even_crown(0..self.bough.len());
        }
    }

    /// Adds the wide node that shares some of the boughs out among its children as they come; gives back which child reference leads there, and its box.
    fn add_even_crown(&mut self, of: Range<usize>) -> (u32, (Vec3, Vec3)) {
        let index = self.nodes.len();
        self.nodes.push(Node::EMPTY);
        let mut boxes_m = [NOWHERE; 8];
        for (slot, box_m) in boxes_m.iter_mut().enumerate() {
            let part = of.start + of.len() * slot / 8..of.start + of.len() * (slot + 1) / 8;
            if part.len() == 1 {
                let bough = self.bough[part.start];
                (self.nodes[index].child[slot], *box_m) = (bough, self.box_m(bough));
            } else if !part.is_empty() {
                (self.nodes[index].child[slot], *box_m) = self.add_even_crown(part);
            }
        }
        (index as u32, self.nodes[index].surround(&boxes_m))
    }

    /// Adds the wide node for the binary node `of` of the crown and everything under it; says which child reference leads there.
    fn add_crown(&mut self, bvh2: &Bvh2, plan: &Plan, of: usize) -> u32 {
        let index = self.nodes.len();
        self.nodes.push(Node::EMPTY);
        let under = if bvh2.nodes[of].is_leaf() { vec![of] } else { plan.children(bvh2, of) };
        let mut boxes_m = [NOWHERE; 8];
        for (slot, &under) in under.iter().enumerate() {
            let node = &bvh2.nodes[under];
            boxes_m[slot] = (Vec3::from_array(node.aabb().min.to_array()), Vec3::from_array(node.aabb().max.to_array()));
            let child = if node.is_leaf() {
                self.bough[bvh2.primitive_indices[node.first_index as usize] as usize]
            } else {
                self.add_crown(bvh2, plan, under)
            };
            self.nodes[index].child[slot] = child;
        }
        self.nodes[index].surround(&boxes_m);
        index as u32
    }

    /// The box around a node below the crown, or around a pack.
    #[inline]
    fn box_m(&self, reference: u32) -> (Vec3, Vec3) {
        if reference & LEAF == 0 { self.node_box_m[reference as usize] } else { self.pack_box_m[(reference & !LEAF) as usize] }
    }

    /// Tells the processor that a child will be looked at soon: most of the time here is spent waiting for memory.
    #[inline(always)]
    fn fetch(&self, reference: u32) {
        if reference & LEAF == 0 {
            fetch_lines(&self.nodes[reference as usize]);
        } else {
            fetch_lines(&self.packs[(reference & !LEAF) as usize]);
        }
    }

    /// The nearest hit.
    #[inline]
    pub fn nearest(&self, ray: &Ray) -> Option<Hit> {
        #[cfg(target_arch = "x86_64")]
        if *HAS_AVX2 {
            // SAFETY: the processor has AVX2.
            return unsafe { traverse_avx2::<false>(self, ray) };
        }
        traverse::<Portable, false>(self, ray)
    }

    /// Whether anything is hit at all.
    #[inline]
    pub fn blocks(&self, ray: &Ray) -> bool {
        #[cfg(target_arch = "x86_64")]
        if *HAS_AVX2 {
            // SAFETY: the processor has AVX2.
            return unsafe { traverse_avx2::<true>(self, ray) }.is_some();
        }
        traverse::<Portable, true>(self, ray).is_some()
    }
}

impl Node {
    const EMPTY: Self = Self { bounds_m: [[[f32::INFINITY; 8], [f32::NEG_INFINITY; 8]]; 3], child: [NONE; 8] };

    /// Puts boxes around the children; gives back the box around all.
    fn surround(&mut self, boxes_m: &[(Vec3, Vec3); 8]) -> (Vec3, Vec3) {
        let (mut low, mut high) = NOWHERE;
        for (slot, (child_low, child_high)) in boxes_m.iter().enumerate() {
            for axis in 0..3 {
                self.bounds_m[axis][0][slot] = child_low[axis];
                self.bounds_m[axis][1][slot] = child_high[axis];
            }
            (low, high) = (low.min(*child_low), high.max(*child_high));
        }
        (low, high)
    }
}

impl Pack {
    /// Moves the triangles to their new places; gives back the box around them.
    fn refit(&mut self, position_m: &[Vec3], triangles: &[[u32; 3]]) -> (Vec3, Vec3) {
        let (mut low, mut high) = NOWHERE;
        for lane in 0..8 {
            if self.triangle[lane] == NONE {
                continue;
            }
            let [a, b, c] = triangles[self.triangle[lane] as usize].map(|vertex| position_m[vertex as usize]);
            for (place, vector) in [a, b - a, c - a].into_iter().enumerate() {
                for axis in 0..3 {
                    self.corner_edges_m[place][axis][lane] = vector[axis];
                }
            }
            (low, high) = (low.min(a).min(b).min(c), high.max(a).max(b).max(c));
        }
        (low, high)
    }
}

/// Asks for every cache line of a value; a hint, which changes nothing but time.
#[inline(always)]
fn fetch_lines<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    for offset in (0..size_of::<T>()).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address lies within `value`, and every x86-64 processor has the instruction.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast::<i8>().add(offset)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn traverse_avx2<const ANY: bool>(fitted: &Fitted, ray: &Ray) -> Option<Hit> {
    traverse::<Avx, ANY>(fitted, ray)
}

/// A ray in eight copies, with what box tests need.
struct WideRay<L> {
    origin: [L; 3],
    direction: [L; 3],
    inverse: [L; 3],
    /// `[axis]`: which of a box's two planes the ray meets first.
    near: [usize; 3],
}

impl<L: Lanes> WideRay<L> {
    #[inline(always)]
    fn new(ray: &Ray) -> Self {
        let inverse = ray.direction.recip();
        Self {
            origin: splat3(ray.origin_m),
            direction: splat3(ray.direction),
            inverse: splat3(inverse),
            near: [usize::from(inverse.x < 0.0), usize::from(inverse.y < 0.0), usize::from(inverse.z < 0.0)],
        }
    }

    /// Which children the ray enters before `reach`, and where.
    #[inline(always)]
    fn enters(&self, node: &Node, reach_m: f32) -> (u32, [f32; 8]) {
        let (mut enter, mut leave) = (L::splat(0.0), L::splat(reach_m));
        for axis in 0..3 {
            let planes = &node.bounds_m[axis];
            let near = L::load(&planes[self.near[axis] & 1]).minus(self.origin[axis]).times(self.inverse[axis]);
            let far = L::load(&planes[1 - (self.near[axis] & 1)]).minus(self.origin[axis]).times(self.inverse[axis]);
            // A ray within a plane gives no number; `max_or` and `min_or` then keep what was known.
            enter = near.max_or(enter);
            leave = far.times(L::splat(FAR_SLACK)).min_or(leave);
        }
        (enter.at_most(leave), enter.store())
    }

    /// Möller and Trumbore's test ("Fast, Minimum Storage Ray/Triangle Intersection", 1997) on eight triangles: which are hit, where, and
    /// the barycentric weights there.
    #[inline(always)]
    fn meets(&self, pack: &Pack, reach_m: f32) -> (u32, [L; 3]) {
        let [corner, ab, ac] = &pack.corner_edges_m;
        let (corner, ab, ac) = (load3::<L>(corner), load3::<L>(ab), load3::<L>(ac));
        let p = cross(self.direction, ac);
        let inverse = L::splat(1.0).over(dot(ab, p));
        let from_corner = [self.origin[0].minus(corner[0]), self.origin[1].minus(corner[1]), self.origin[2].minus(corner[2])];
        let u = dot(from_corner, p).times(inverse);
        let q = cross(from_corner, ab);
        let v = dot(self.direction, q).times(inverse);
        let t = dot(ac, q).times(inverse);
        let outside = L::splat(-EDGE_SLACK);
        let hit = outside.at_most(u)
            & outside.at_most(v)
            & u.plus(v).at_most(L::splat(1.0 + EDGE_SLACK))
            & L::splat(f32::MIN_POSITIVE).at_most(t)
            & t.at_most(L::splat(reach_m));
        (hit, [t, u, v])
    }
}

// No closures in what follows: a closure isn't compiled for AVX2 with the function around it.

#[inline(always)]
fn load3<L: Lanes>(vectors: &[[f32; 8]; 3]) -> [L; 3] {
    [L::load(&vectors[0]), L::load(&vectors[1]), L::load(&vectors[2])]
}

#[inline(always)]
fn splat3<L: Lanes>(vector: Vec3) -> [L; 3] {
    [L::splat(vector.x), L::splat(vector.y), L::splat(vector.z)]
}

#[inline(always)]
fn dot<L: Lanes>(a: [L; 3], b: [L; 3]) -> L {
    a[0].times(b[0]).plus(a[1].times(b[1])).plus(a[2].times(b[2]))
}

#[inline(always)]
fn cross<L: Lanes>(a: [L; 3], b: [L; 3]) -> [L; 3] {
    [a[1].times(b[2]).minus(a[2].times(b[1])), a[2].times(b[0]).minus(a[0].times(b[2])), a[0].times(b[1]).minus(a[1].times(b[0]))]
}

/// Walks the hierarchy front to back: the nearest hit, or with `ANY` the first one found.
#[inline(always)]
fn traverse<L: Lanes, const ANY: bool>(fitted: &Fitted, ray: &Ray) -> Option<Hit> {
    if fitted.nodes.is_empty() {
        return None;
    }
    let wide = WideRay::<L>::new(ray);
    let mut best = Hit { distance_m: ray.reach_m, triangle: NONE, u: 0.0, v: 0.0 };

    // What is still to visit, with the distance at which the ray enters it.
    let mut stack = [const { MaybeUninit::<(u32, f32)>::uninit() }; STACK];
    let mut top = 1;
    stack[0].write((fitted.below as u32, 0.0));
    while top > 0 {
        top -= 1;
        // SAFETY: every entry below `top` was written when `top` rose past it.
        let (reference, enter_m) = unsafe { stack[top].assume_init() };
        if enter_m > best.distance_m {
            continue;
        }

        // A pack of triangles.
        if reference & LEAF != 0 {
            let pack = &fitted.packs[(reference & !LEAF) as usize];
            let (mut hits, found) = wide.meets(pack, best.distance_m);
            if hits != 0 {
                let (t, u, v) = (found[0].store(), found[1].store(), found[2].store());
                while hits != 0 {
                    let lane = hits.trailing_zeros() as usize;
                    hits &= hits - 1;
                    if t[lane] < best.distance_m || best.triangle == NONE {
                        best = Hit { distance_m: t[lane], triangle: pack.triangle[lane], u: u[lane], v: v[lane] };
                    }
                }
                if ANY {
                    return Some(best);
                }
            }
            continue;
        }

        // A node: its children go on the stack, the nearest on top.
        let node = &fitted.nodes[reference as usize];
        let (mut entered, enter) = wide.enters(node, best.distance_m);
        let base = top;
        while entered != 0 {
            let slot = entered.trailing_zeros() as usize;
            entered &= entered - 1;
            let mut place = top;
            // SAFETY: entries `base..top` were written in this loop.
            while !ANY && place > base && unsafe { stack[place - 1].assume_init() }.1 < enter[slot] {
                stack[place] = stack[place - 1];
                place -= 1;
            }
            stack[place].write((node.child[slot], enter[slot]));
            fitted.fetch(node.child[slot]);
            top += 1;
        }
    }
    (best.triangle != NONE).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::random::Stream;

    /// Small random triangles in a box of 2 m.
    fn soup(count: usize, seed: u64) -> (Vec<Vec3>, Vec<[u32; 3]>) {
        let mut stream = Stream::new(seed, "soup");
        let mut vector = |scale: f64| Vec3::from_array([0; 3].map(|_| stream.between(-scale, scale) as f32));
        let mut position = Vec::new();
        for _ in 0..count {
            let centre = vector(1.0);
            position.extend([0; 3].map(|_| centre + vector(0.08)));
        }
        (position, (0..count as u32).map(|i| [3 * i, 3 * i + 1, 3 * i + 2]).collect())
    }

    fn boxes(position: &[Vec3], triangles: &[[u32; 3]]) -> Vec<(Vec3, Vec3)> {
        triangles
            .iter()
            .map(|t| {
                let [a, b, c] = t.map(|i| position[i as usize]);
                (a.min(b).min(c), a.max(b).max(c))
            })
            .collect()
    }

    fn rays(count: usize) -> Vec<Ray> {
        let mut stream = Stream::new(5, "rays");
        let mut vector = || Vec3::from_array([0; 3].map(|_| stream.between(-1.5, 1.5) as f32));
        (0..count)
            .map(|i| {
                let origin_m = vector();
                // Some rays run along an axis, where box tests divide by zero.
                let direction = if i % 10 == 0 {
                    Vec3::from_array([0, 1, 2].map(|a| f32::from(u8::from(a == i / 10 % 3))))
                } else {
                    vector().normalize()
                };
                Ray { origin_m, direction, reach_m: if i % 3 == 0 { 0.7 } else { f32::INFINITY } }
            })
            .collect()
    }

    /// Every triangle in turn, in double precision.
    fn brute(position: &[Vec3], triangles: &[[u32; 3]], ray: &Ray) -> Option<(f64, u32)> {
        let (o, d) = (ray.origin_m.as_dvec3(), ray.direction.as_dvec3());
        let mut best: Option<(f64, u32)> = None;
        for (i, triangle) in triangles.iter().enumerate() {
            let [a, b, c] = triangle.map(|i| position[i as usize].as_dvec3());
            let p = d.cross(c - a);
            let det = (b - a).dot(p);
            let (s, q) = (o - a, (o - a).cross(b - a));
            let (u, v, t) = (s.dot(p) / det, d.dot(q) / det, (c - a).dot(q) / det);
            if u >= 0.0 && v >= 0.0 && u + v <= 1.0 && t > 0.0 && t <= f64::from(ray.reach_m) && best.is_none_or(|(b, _)| t < b) {
                best = Some((t, i as u32));
            }
        }
        best
    }

    #[test]
    fn hits_equal_those_of_testing_every_triangle() {
        let (position, triangles) = soup(3000, 1);
        let fitted = Topology::new(&boxes(&position, &triangles)).fit(&position, &triangles);
        let mut hits = 0;
        for ray in rays(2000) {
            let (found, truth) = (fitted.nearest(&ray), brute(&position, &triangles, &ray));
            // A ray within a hundred-thousandth of an edge may go either way.
            match (found, truth) {
                (Some(hit), _) if hit.u.min(hit.v).min(1.0 - hit.u - hit.v) < 3e-5 => continue,
                (Some(hit), Some((t, triangle))) => {
                    assert!(hit.triangle == triangle && (f64::from(hit.distance_m) - t).abs() < 1e-4, "{hit:?} for {t} {triangle}");
                    hits += 1;
                }
                (found, truth) => assert!(found.is_none() && truth.is_none(), "{found:?} for {truth:?}"),
            }
            assert_eq!(fitted.blocks(&ray), truth.is_some());
        }
        assert!(hits > 300, "{hits}");
    }

    #[test]
    fn avx2_and_portable_lanes_give_the_same_bits() {
        let (position, triangles) = soup(3000, 2);
        let fitted = Topology::new(&boxes(&position, &triangles)).fit(&position, &triangles);
        for ray in rays(4000) {
            assert_eq!(fitted.nearest(&ray), traverse::<Portable, false>(&fitted, &ray));
            assert_eq!(fitted.blocks(&ray), traverse::<Portable, true>(&fitted, &ray).is_some());
        }
    }

    #[test]
    fn a_refit_equals_a_fit_from_scratch() {
        let (position, triangles) = soup(1000, 3);
        let (moved, _) = soup(1000, 4);
        let topology = Topology::new(&boxes(&position, &triangles));
        let mut fitted = topology.fit(&position, &triangles);
        fitted.refit(&moved, &triangles);
        assert_eq!(fitted, topology.fit(&moved, &triangles));
        for ray in rays(500) {
            let truth = brute(&moved, &triangles, &ray);
            assert_eq!(fitted.nearest(&ray).map(|hit| hit.triangle), truth.map(|(_, triangle)| triangle));
        }
    }

    #[test]
    fn a_crown_over_boughs_in_any_order_loses_nothing() {
        // Enough triangles for many boughs; the even crown is for what obvhs makes too deep.
        let (position, triangles) = soup(40_000, 5);
        let mut fitted = Topology::new(&boxes(&position, &triangles)).fit(&position, &triangles);
        assert!(fitted.bough.len() > 8, "{}", fitted.bough.len());
        let found: Vec<Option<Hit>> = rays(500).iter().map(|ray| fitted.nearest(ray)).collect();
        assert!(found.iter().flatten().count() > 100);
        fitted.nodes.truncate(fitted.below);
        fitted.add_even_crown(0..fitted.bough.len());
        let again: Vec<Option<Hit>> = rays(500).iter().map(|ray| fitted.nearest(ray)).collect();
        assert_eq!(found, again);
    }

    #[test]
    fn nothing_blocks_nothing() {
        let fitted = Topology::new(&[]).fit(&[], &[]);
        assert!(rays(20).iter().all(|ray| fitted.nearest(ray).is_none() && !fitted.blocks(ray)));
    }
}

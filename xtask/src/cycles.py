"""Renders a scene of `bench-scenes` with Cycles on the processor and says what a sample takes and what error is left by how many.

blender --background --factory-startup --python cycles.py -- SCENE.glb OUT_DIR WIDTHxHEIGHT REFERENCE_SAMPLES SAMPLES...

Rows: mean of the reference's print (display light 0..1); core s a sample of every pixel; then a row a sample count: root mean square error of the print.
What differs from clinch's own picture is listed in docs/light.md.
"""

import os
import sys

import bpy
import numpy

# Debian's Blender 3.4 comes with a numpy that has dropped the name which its glTF importer uses.
numpy.bool = bool

# Radiance from everywhere that the camera doesn't see: clinch's fill (0.010 of its unit, 5.6 times exposed), on average over what faces up and sideways.
FILL = 0.010 * 5.6 * 0.8


def prepared(path, size):
    """Imports the scene and sets Cycles up."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=path)
    scene = bpy.context.scene
    scene.frame_set(0)
    # Bones and shape changes become plain meshes, which needn't be posed again for every render.
    for thing in bpy.data.objects:
        thing.select_set(thing.type == "MESH")
    bpy.context.view_layer.objects.active = next(thing for thing in bpy.data.objects if thing.type == "MESH")
    bpy.ops.object.convert(target="MESH")
    camera = next(thing for thing in bpy.data.objects if thing.type == "CAMERA")
    scene.camera = camera
    if camera["aperture_m"] > 0.0:
        lens = camera.data.dof
        lens.use_dof = True
        lens.focus_distance = camera["focus_m"]
        lens.aperture_fstop = camera.data.lens / 1000.0 / camera["aperture_m"]
    for lamp in (thing for thing in bpy.data.objects if thing.type == "LIGHT"):
        holder = lamp if "radius_m" in lamp else lamp.parent
        lamp.data.shadow_soft_size = holder["radius_m"]
    world = bpy.data.worlds.new("fill")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (FILL, FILL, FILL, 1.0)
    world.cycles_visibility.camera = False
    scene.world = world
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    cycles = scene.cycles
    cycles.device = "CPU"
    # One bounce, as clinch follows it.
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = 1
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    return scene


def rendered(scene, path, samples, seed):
    """Luminance of every pixel, and core seconds."""
    scene.cycles.samples, scene.cycles.seed = samples, seed
    scene.render.filepath = path
    busy = sum(os.times()[:2])
    bpy.ops.render.render(write_still=True)
    core_secs = sum(os.times()[:2]) - busy
    image = bpy.data.images.load(path)
    pixels = numpy.empty(len(image.pixels), numpy.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    red, green, blue = pixels.reshape(-1, 4).astype(float).T[:3]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue, core_secs


def printed(exposure):
    """`curve` of clinch-light's film.rs."""
    x = numpy.clip(exposure, 0.0, 1e4)
    return numpy.minimum(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 1.0) ** 1.18


def main():
    path, out, size, reference_samples, *counts = sys.argv[sys.argv.index("--") + 1 :]
    scene = prepared(path, [int(side) for side in size.split("x")])
    name = os.path.splitext(os.path.basename(path))[0]
    picture = os.path.join(out, name + ".exr")
    # The first render builds what later ones keep.
    rendered(scene, picture, 1, 0)
    counts = [int(count) for count in counts]
    lights, times = zip(*(rendered(scene, picture, count, count) for count in counts))
    reference, long = rendered(scene, picture, int(reference_samples), 12345)
    # The difference leaves out what every render takes beside its samples.
    a_sample = (long - times[0]) / (int(reference_samples) - counts[0])
    print(f"row\tmean\t{printed(reference).mean():.5f}\nrow\tcore s a sample\t{a_sample:.5f}")
    for count, light in zip(counts, lights):
        # The reference's own error is in the difference, too.
        square = numpy.mean((printed(light) - printed(reference)) ** 2) / (1.0 + count / int(reference_samples))
        print(f"row\t{count}\t{numpy.sqrt(square):.5f}")


main()

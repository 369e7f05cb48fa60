using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;
using Doppel.Backends;

namespace Doppel.Display.Demo;

/// <summary>The framebuffer file of Xvfb (option -fbdir): an XWD file of 32-bit pixels.</summary>
internal static class Framebuffer
{
    /// <summary>Whether the picture stands somewhere on the screen, pixel for pixel.</summary>
    internal static bool Shows(string path, ScreenPicture picture)
    {
        byte[] file = File.ReadAllBytes(path);
        int width = Word(file, 4);
        int height = Word(file, 5);
        int pitch = Word(file, 12) / 4;
        uint[] screen = MemoryMarshal.Cast<byte, uint>(file.AsSpan(Word(file, 0) + (12 * Word(file, 19)))).ToArray();
        foreach (ref uint pixel in screen.AsSpan())
        {
            pixel &= 0xFF_FFFF;
        }

        for (int y = 0; y + picture.Height <= height; y++)
        {
            for (int x = 0; x + picture.Width <= width; x++)
            {
                if (IsAt(screen.AsSpan((y * pitch) + x), pitch, picture))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsAt(ReadOnlySpan<uint> screen, int pitch, ScreenPicture picture)
    {
        for (int y = 0; y < picture.Height; y++)
        {
            if (!screen.Slice(y * pitch, picture.Width).SequenceEqual(picture.Row(y)))
            {
                return false;
            }
        }

        return true;
    }

    private static int Word(byte[] file, int index) => BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(4 * index));
}

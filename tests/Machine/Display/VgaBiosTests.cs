using System;
using System.Text;
using Doppel.Backends;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Machine.Tests.Display;

/// <summary>What a real VGA BIOS makes of the adapter.</summary>
public sealed class VgaBiosTests
{
    [Fact]
    public void Initialisation_ends_in_text_mode_and_characters_appear()
    {
        using VgaBiosBench bench = VgaBiosBench.StartOrSkip();
        bench.Int10(0x0003);
        foreach (char c in "Doppel")
        {
            bench.Int10(0x0E00 | c, 7);
        }

        bench.Screen.Update(bench.Picture, all: false);
        Assert.Equal((720, 400), (bench.Picture.Width, bench.Picture.Height));
        TextScreen text = bench.Screen.ReadText()!;
        Assert.Equal((80, 25), (text.Columns, text.Rows));
        Assert.Equal("Doppel ", Words(text, 0, 7));
        Assert.Equal((6, 0), (text.CursorColumn, text.CursorRow));

        // A letter of the BIOS's font has light grey dots.
        Assert.True(bench.Picture.Pixels.Contains(0xA8A8A8u));
    }

    [Fact]
    public void The_bios_scrolls_text()
    {
        using VgaBiosBench bench = VgaBiosBench.StartOrSkip();
        bench.Int10(0x0003);
        for (int i = 0; i < 30; i++)
        {
            bench.Int10(0x0E00 | (0x41 + i), 7);
            bench.Int10(0x0E0D, 7);
            bench.Int10(0x0E0A, 7);
        }

        TextScreen text = bench.Screen.ReadText()!;
        Assert.Equal((char)(0x41 + 6), Words(text, 0, 1)[0]);
        Assert.Equal((char)(0x41 + 29), Words(text, 23, 1)[0]);
    }

    [Theory]
    [InlineData(0x01, 720, 400)]
    [InlineData(0x04, 640, 400)]
    [InlineData(0x06, 640, 400)]
    [InlineData(0x0D, 640, 400)]
    [InlineData(0x0E, 640, 400)]
    [InlineData(0x10, 640, 350)]
    [InlineData(0x11, 640, 480)]
    [InlineData(0x12, 640, 480)]
    [InlineData(0x13, 640, 400)]
    public void Classic_modes_have_their_sizes_and_pixels_where_the_bios_puts_them(int mode, int width, int height)
    {
        using VgaBiosBench bench = VgaBiosBench.StartOrSkip();
        bench.Int10(mode);
        bench.Screen.Update(bench.Picture, all: false);
        Assert.Equal((width, height), (bench.Picture.Width, bench.Picture.Height));
        if (mode == 1)
        {
            return;
        }

        (int columns, int rows) = mode switch
        {
            0x04 or 0x0D or 0x13 => (320, 200),
            0x06 or 0x0E => (640, 200),
            0x10 => (640, 350),
            _ => (640, 480),
        };
        foreach ((int x, int y) in new[] { (0, 0), (columns - 1, rows - 1), (columns / 2, rows / 3), (17, 101) })
        {
            bench.Int10(0x0C01, 0, x, y);
            bench.Screen.Update(bench.Picture, all: false);
            int left = x * width / columns;
            int top = y * height / rows;
            Assert.NotEqual(0u, bench.Pixel(left, top));
            Assert.NotEqual(0u, bench.Pixel(left + (width / columns) - 1, top + (height / rows) - 1));
            Assert.Equal(0u, bench.Pixel(left >= 2 ? left - 2 : left + 4, top));
            Assert.Equal(1, bench.Int10(0x0D00, 0, x, y) & 0xFF);
        }
    }

    [Theory]
    [InlineData(0x101, 640, 480, 8)]
    [InlineData(0x103, 800, 600, 8)]
    [InlineData(0x110, 640, 480, 15)]
    [InlineData(0x111, 640, 480, 16)]
    [InlineData(0x115, 800, 600, 24)]
    [InlineData(0x118, 1024, 768, 24)]
    [InlineData(0x144, 1024, 768, 32)]
    public void Vbe_modes_are_set_with_their_linear_frame_buffer(int mode, int width, int height, int bits)
    {
        using VgaBiosBench bench = VgaBiosBench.StartOrSkip();
        Assert.Equal(0x004F, bench.Int10(0x4F01, 0, mode, 0, 0x2000));
        ReadOnlySpan<byte> info = bench.Ram.Read(0x2000, 256);
        Assert.Equal((width, height), (BitConverter.ToUInt16(info[0x12..]), BitConverter.ToUInt16(info[0x14..])));
        Assert.Equal(0xE000_0000u, BitConverter.ToUInt32(info[0x28..]));
        Assert.Equal(0x004F, bench.Int10(0x4F02, 0x4000 | mode));
        bench.Screen.Update(bench.Picture, all: false);
        Assert.Equal((width, height), (bench.Picture.Width, bench.Picture.Height));
        PhysicalAccess memory = new(bench.Board.Space);
        int bytes = (bits + 7) / 8;
        uint pitch = BitConverter.ToUInt16(info[0x10..]);
        byte[] white = [0xFF, 0xFF, 0xFF, 0xFF];
        white[0] = bits == 8 ? (byte)15 : (byte)0xFF;
        Assert.True(memory.Write(new Gpa(0xE000_0000 + ((ulong)(height - 1) * pitch) + (ulong)((width - 1) * bytes)), white.AsSpan(0, bytes)));
        ScreenArea changed = bench.Screen.Update(bench.Picture, all: false);
        Assert.Equal(new ScreenArea(width - 1, height - 1, 1, 1), changed);
        Assert.Equal(0xFFFFFFu, bench.Pixel(width - 1, height - 1));

        // Set without the linear frame buffer, the window at A000:0 follows the bank.
        Assert.Equal(0x004F, bench.Int10(0x4F02, mode));
        Assert.Equal(0x004F, bench.Int10(0x4F05, 0, 0, 2));
        Assert.True(memory.Write(new Gpa(0xA_0000), [0x5A]));
        Span<byte> seen = stackalloc byte[1];
        memory.Read(new Gpa(0xE002_0000), seen);
        Assert.Equal(0x5A, seen[0]);
        bench.Int10(0x0003);
        Assert.NotNull(bench.Screen.ReadText());
    }

    [Fact]
    public void The_vbe_bios_is_there_with_its_memory()
    {
        using VgaBiosBench bench = VgaBiosBench.StartOrSkip();
        bench.Ram.Write(0x2000, "VBE2"u8);
        Assert.Equal(0x004F, bench.Int10(0x4F00, 0, 0, 0, 0x2000));
        Assert.Equal("VESA", Encoding.ASCII.GetString(bench.Ram.Read(0x2000, 4)));
        Assert.Equal(256, BitConverter.ToUInt16(bench.Ram.Read(0x2012, 2)));
    }

    private static string Words(TextScreen text, int row, int count)
    {
        StringBuilder words = new();
        for (int i = 0; i < count; i++)
        {
            words.Append((char)(text.Cells[(row * text.Columns) + i] & 0xFF));
        }

        return words.ToString();
    }
}

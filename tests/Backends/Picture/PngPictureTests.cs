using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;
using System.Text;
using Doppel.Backends.Picture;

namespace Doppel.Backends.Tests.Picture;

public sealed class PngPictureTests
{
    [Fact]
    public void A_picture_comes_back_from_its_file()
    {
        ScreenPicture picture = new();
        picture.Resize(5, 3);
        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            picture.Pixels[i] = (uint)(i * 0x0F_1E2D);
        }

        byte[] file = PngPicture.ToArray(picture);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], file[..8]);
        Assert.Equal((5, 3), (BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(20))));

        // The checksum of the empty last chunk is known.
        Assert.Equal([0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82], file[^12..]);
        int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(33));
        Assert.Equal("IDAT", Encoding.ASCII.GetString(file, 37, 4));
        using ZLibStream zlib = new(new MemoryStream(file, 41, length), CompressionMode.Decompress);
        byte[] raw = new byte[3 * 16];
        zlib.ReadExactly(raw);
        for (int y = 0; y < 3; y++)
        {
            Assert.Equal(2, raw[y * 16]);
            for (int i = 1; i < 16; i++)
            {
                raw[(y * 16) + i] += y == 0 ? (byte)0 : raw[((y - 1) * 16) + i];
            }

            for (int x = 0; x < 5; x++)
            {
                int at = (y * 16) + 1 + (x * 3);
                Assert.Equal(picture.Row(y)[x] & 0xFF_FFFF, (uint)(raw[at] << 16 | raw[at + 1] << 8 | raw[at + 2]));
            }
        }
    }

    [Fact]
    public void A_picture_without_pixels_has_no_file() => Assert.Throws<ArgumentException>(() => PngPicture.ToArray(new ScreenPicture()));
}

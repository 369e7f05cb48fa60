using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Doppel.Machine.Boot;
using Doppel.Machine.Boot.Unpack;
using K4os.Compression.LZ4;

namespace Doppel.Machine.Tests.Boot;

public sealed class KernelPayloadTests
{
    [Theory]
    [InlineData(PackedSamples.XzBranch)]
    [InlineData(PackedSamples.XzBranchOffset)]
    [InlineData(PackedSamples.LzmaAlone)]
    public void Lzma_family_unpacks(string base64) =>
        Assert.Equal(PackedSamples.CodeSha256, Convert.ToHexString(SHA256.HashData(Unpack(WithSize(Convert.FromBase64String(base64), PackedSamples.CodeBytes)))));

    [Fact]
    public void Xz_of_noise_unpacks_from_plain_chunks() =>
        Assert.Equal(PackedSamples.NoiseSha256, Convert.ToHexString(SHA256.HashData(Unpack(WithSize(Convert.FromBase64String(PackedSamples.XzNoise), PackedSamples.NoiseBytes)))));

    [Fact]
    public void Gzip_unpacks()
    {
        byte[] plain = Pattern(100_000);
        using MemoryStream to = new();
        using (GZipStream gzip = new(to, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(plain);
        }

        Assert.Equal(plain, Unpack(to.ToArray()));
    }

    [Fact]
    public void Zstd_unpacks()
    {
        byte[] plain = Pattern(100_000);
        using ZstdSharp.Compressor compressor = new();
        Assert.Equal(plain, Unpack(WithSize(compressor.Wrap(plain).ToArray(), plain.Length)));
    }

    [Fact]
    public void Lz4_legacy_frames_unpack_block_by_block()
    {
        byte[] plain = Pattern(9 << 20);
        byte[] packed = WithSize([0x02, 0x21, 0x4C, 0x18, .. Lz4Block(plain.AsSpan(0, 8 << 20)), .. Lz4Block(plain.AsSpan(8 << 20))], plain.Length);
        Assert.True(plain.AsSpan().SequenceEqual(Unpack(packed)));
    }

    [Fact]
    public void Bzip2_unpacks()
    {
        byte[] packed = Convert.FromBase64String("QlpoOTFBWSZTWc0ras0AABOVgEAABAACBMAAIAAwwAKVDJ4nCaTCYTpNJ8XckU4UJDNK2rNA");
        Assert.Equal(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("Doppel ", 20))), Unpack(WithSize(packed, 140)));
        packed[30] ^= 0x10;
        Assert.Throws<BootException>(() => Unpack(WithSize(packed, 140)));
    }

    [Fact]
    public void A_changed_or_missing_byte_is_an_error_and_never_another_exception()
    {
        byte[] good = WithSize(Convert.FromBase64String(PackedSamples.XzBranch), PackedSamples.CodeBytes);
        int xzBytes = good.Length - 4;
        int errors = 0;
        for (int at = 6; at < xzBytes; at++)
        {
            byte[] bad = (byte[])good.Clone();
            bad[at] ^= 0x40;
            errors += Fails(bad) ? 1 : 0;
        }

        // The index and footer (the last 28 bytes), and the padding before them, repeat what is known.
        Assert.InRange(errors, xzBytes - 6 - 48, xzBytes - 6);
        for (int length = 0; length < xzBytes - 40; length++)
        {
            Assert.True(Fails(WithSize(good[..length], PackedSamples.CodeBytes)));
        }
    }

    [Theory]
    [InlineData(PackedSamples.CodeBytes - 1)]
    [InlineData(PackedSamples.CodeBytes + 1)]
    [InlineData(0)]
    public void A_wrong_size_is_an_error(int size) =>
        Assert.Throws<BootException>(() => Unpack(WithSize(Convert.FromBase64String(PackedSamples.XzBranch), size)));

    [Fact]
    public void Lzo_is_refused_by_name() =>
        Assert.Contains("LZO", Assert.Throws<BootException>(() => Unpack(WithSize([0x89, 0x4C, 0x5A, 0x4F, 0, 0], 100))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("linux/i386/vmlinuz", 16256960)]
    [InlineData("linux/amd64/vmlinuz", 65905060)]
    public void Debian_kernels_unpack_to_an_executable(string path, int size)
    {
        byte[] file = SharedGuests.ReadOrSkip(path);
        LinuxSetupHeader header = new(file);
        Memory<byte> payload = file.AsMemory(header.ProtectedModeOffset + (int)header.PayloadOffset, (int)header.PayloadLength);
        Assert.Equal((uint)size, KernelPayload.UnpackedSize(payload.Span));
        byte[] kernel = new byte[size];
        Stopwatch watch = Stopwatch.StartNew();
        KernelPayload.Unpack(payload, kernel); // its CRC32 is checked inside
        TestContext.Current.SendDiagnosticMessage($"{path}: {watch.ElapsedMilliseconds} ms");
        Assert.Equal(0x100_0000UL, new ElfFile(kernel).Entry);
    }

    private static bool Fails(byte[] packed)
    {
        try
        {
            _ = Unpack(packed);
            return false;
        }
        catch (BootException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            return true;
        }
    }

    private static byte[] Unpack(byte[] packed)
    {
        byte[] output = new byte[KernelPayload.UnpackedSize(packed)];
        KernelPayload.Unpack(packed, output);
        return output;
    }

    private static byte[] WithSize(byte[] packed, int size)
    {
        byte[] result = new byte[packed.Length + 4];
        packed.CopyTo(result, 0);
        BinaryPrimitives.WriteInt32LittleEndian(result.AsSpan(packed.Length), size);
        return result;
    }

    private static byte[] Lz4Block(ReadOnlySpan<byte> plain)
    {
        byte[] block = new byte[4 + LZ4Codec.MaximumOutputSize(plain.Length)];
        int length = LZ4Codec.Encode(plain, block.AsSpan(4));
        BinaryPrimitives.WriteInt32LittleEndian(block, length);
        return block[..(4 + length)];
    }

    private static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        uint x = 1;
        for (int i = 0; i < length; i++)
        {
            x = (x * 1664525) + 1013904223;
            bytes[i] = (byte)(i % 512 < 256 ? x >> 24 : (uint)i);
        }

        return bytes;
    }
}

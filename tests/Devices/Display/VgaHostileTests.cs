using System;
using System.Collections.Generic;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Display;

/// <summary>Guests that mean harm: no exception, no access outside the memory, bounded pictures.</summary>
public sealed class VgaHostileTests
{
    [Theory]
    [InlineData(1, 16 << 20)]
    [InlineData(2, 256 << 10)]
    [InlineData(3, 1 << 20)]
    public void Random_traffic_and_pictures_never_throw(int seed, int memoryBytes)
    {
        using VgaRig rig = new(memoryBytes);
        Random random = new(seed);
        for (int round = 0; round < 60; round++)
        {
            if (round % 3 == 0)
            {
                rig.SetMode(Pick(random));
            }

            Hostile(rig, random, 1_000);
            rig.Update(random.Next(4) == 0);
            Assert.InRange(rig.Picture.Width, 1, 4096);
            Assert.InRange(rig.Picture.Height, 1, 4096);
            Assert.True(rig.Update().Width <= rig.Picture.Width);
            _ = rig.Screen.ReadText();
        }
    }

    [Fact]
    public void Adv31_dark_portal()
    {
        // CVE-2016-3710: the bank register moves the window past the memory.
        using VgaRig rig = new(1 << 20);
        foreach (int bits in new[] { 4, 8, 32 })
        {
            rig.SetMode(VgaModeTable.Planar640);
            rig.SetDispiMode(640, 200, bits);
            rig.Set(0x3C4, 2, 0x0F);
            foreach (int bank in new[] { 15, 16, 255, 0x7FFF, 0xFFFF })
            {
                rig.SetDispi(5, bank);
                Assert.True(rig.GetDispi(5) < 16);
                for (uint at = 0xA_0000; at < 0xC_0000; at += 0xFFF)
                {
                    rig.Poke(at, 0x55);
                    _ = rig.Peek(at);
                }
            }

            // A bank kept from a mode with more of them does not reach further in one with fewer.
            rig.SetDispi(3, 8);
            rig.SetDispi(5, 15);
            rig.SetDispi(3, 4);
            Assert.True(rig.GetDispi(5) < 4);
            rig.Poke(0xA_FFFF, 1);
        }
    }

    [Fact]
    public void Adv32_vga_regs()
    {
        // CVE-2016-3712, CVE-2017-13672: geometry that leaves the memory, odd pitches, split screens.
        using VgaRig rig = new(256 << 10);
        foreach (int mode in new[] { 0, 1, 2, 3, 4 })
        {
            for (int value = 0; value < 256; value += 51)
            {
                rig.SetMode(new[] { VgaModeTable.Text80, VgaModeTable.Bytes320, VgaModeTable.Planar640, VgaModeTable.Cga4, VgaModeTable.ModeX }[mode]);
                for (byte register = 0; register < 0x19; register++)
                {
                    byte before = rig.Get(0x3D4, register);
                    rig.Set(0x3D4, 0x11, 0);
                    rig.Set(0x3D4, register, (byte)value);
                    rig.Set(0x3D4, 0x0C, 0xFF);
                    rig.Set(0x3D4, 0x0D, 0xFF);
                    rig.Set(0x3D4, 0x18, 0x20);
                    rig.Set(0x3D4, 0x07, 0x00);
                    rig.Update(all: true);
                    Assert.InRange(rig.Picture.Width, 1, 4096);
                    rig.Set(0x3D4, register, before);
                }
            }
        }

        // Modes, virtual widths and offsets in any order, enabled first.
        Random random = new(7);
        rig.SetDispiMode(640, 480, 8);
        for (int i = 0; i < 5_000; i++)
        {
            rig.SetDispi(random.Next(1, 10) is 4 ? 3 : random.Next(1, 10), random.Next(3) == 0 ? 0xFFFF : random.Next(0x1_0000));
            if ((rig.GetDispi(4) & 1) == 0)
            {
                rig.SetDispi(4, 0xC1);
            }

            if (i % 16 == 0)
            {
                rig.Update();
                Assert.InRange((long)rig.Picture.Width * rig.Picture.Height, 1, 4096L * 4096);
            }
        }
    }

    [Fact]
    public void Dispi_sizes_beyond_the_memory_show_no_more_than_the_memory()
    {
        // CVE-2014-3615: a resolution set while the mode is on.
        using VgaRig rig = new(1 << 20);
        rig.SetMode(VgaModeTable.Text80);
        rig.SetDispiMode(640, 400, 32);
        rig.SetDispi(1, 0xFFFF);
        rig.SetDispi(2, 0xFFFF);
        rig.SetDispi(9, 0xFFFF);
        rig.Update(all: true);
        Assert.True((long)rig.Picture.Width * rig.Picture.Height * 4 <= 1 << 20);
    }

    [Fact]
    public void Restored_behaves_as_never_stopped()
    {
        for (int round = 0; round < 10; round++)
        {
            using VgaRig rig = new();
            Random random = new(round);
            rig.SetMode(Pick(random));
            Hostile(rig, random, 2_000);
            StateTape saved = StateTape.Of(rig.Vga);
            using VgaRig other = new();
            Hostile(other, new Random(99), 500);
            other.Ports.Time.Now = rig.Ports.Time.Now;
            saved.RestoreInto(other.Vga);
            Assert.Equal(saved.Text, StateTape.Of(other.Vga).Text);
            Assert.Equal(rig.Plain, other.Plain);
            rig.Update(all: true);
            other.Update(all: true);
            Assert.True(rig.Picture.Pixels.SequenceEqual(other.Picture.Pixels));
            Assert.Equal(saved.Text, StateTape.Of(rig.Vga).Text);
            Assert.Equal(Hostile(rig, new Random(3), 1_000), Hostile(other, new Random(3), 1_000));
            Assert.Equal(StateTape.Of(rig.Vga).Text, StateTape.Of(other.Vga).Text);
        }
    }

    [Fact]
    public void Damaged_records_are_refused_or_harmless()
    {
        using VgaRig rig = new(256 << 10);
        rig.SetMode(VgaModeTable.Text80);
        rig.SetDispiMode(640, 400, 8);
        foreach (string field in new HashSet<string>(StateTape.Of(rig.Vga).Fields))
        {
            if (field == "used")
            {
                continue; // says whether a field follows, which the stream itself checks
            }

            foreach (object value in new object[] { ulong.MaxValue, long.MaxValue, long.MinValue, 0UL, 0x7FUL, 0xFFFFUL, true, new byte[300], Array.Empty<byte>() })
            {
                StateTape damaged = StateTape.Of(rig.Vga);
                if (!damaged.TryReplace(field, value))
                {
                    continue;
                }

                using VgaRig twin = new(256 << 10);
                try
                {
                    damaged.RestoreInto(twin.Vga);
                }
                catch (StateFormatException)
                {
                    continue;
                }

                twin.Update();
                Hostile(twin, new Random(4), 100);
                twin.Update();
            }
        }
    }

    private static VgaModeTable Pick(Random random) => random.Next(8) switch
    {
        0 => VgaModeTable.Text80,
        1 => VgaModeTable.Text40,
        2 => VgaModeTable.Cga4,
        3 => VgaModeTable.Cga2,
        4 => VgaModeTable.Planar320,
        5 => VgaModeTable.Planar640,
        6 => VgaModeTable.Bytes320,
        _ => VgaModeTable.ModeX,
    };

    // Ports, memory and DISPI registers at random; a digest of what was read.
    private static ulong Hostile(VgaRig rig, Random random, int steps)
    {
        ulong digest = 14695981039346656037;
        ushort[] ports = rig.Ports.ClaimedPorts();
        AccessSize[] sizes = [AccessSize.Byte, AccessSize.Word, AccessSize.Dword];
        for (int i = 0; i < steps; i++)
        {
            AccessSize size = sizes[random.Next(3)];
            ulong value = (ulong)random.NextInt64();
            switch (random.Next(6))
            {
                case 0:
                    digest = (digest ^ rig.Ports.In(ports[random.Next(ports.Length)], size)) * 1099511628211;
                    break;
                case 1:
                    rig.Ports.Out(ports[random.Next(ports.Length)], size, value);
                    break;
                case 2:
                    digest = (digest ^ rig.Ports.ReadMmio(0xA_0000 + (value & 0x1_FFFF & ~3ul), size)) * 1099511628211;
                    break;
                case 3:
                    rig.Ports.WriteMmio(0xA_0000 + (value & 0x1_FFFF & ~3ul), size, value >> 20);
                    break;
                case 4:
                    rig.SetDispi(random.Next(12), random.Next(8) == 0 ? (int)(value & 0xFFFF) : random.Next(2048));
                    break;
                default:
                    rig.Set((ushort)(random.Next(3) switch { 0 => 0x3C4, 1 => 0x3CE, _ => 0x3D4 }), (byte)random.Next(26), (byte)value);
                    break;
            }

            rig.Ports.Time.Advance(random.Next(100_000));
        }

        return digest;
    }
}

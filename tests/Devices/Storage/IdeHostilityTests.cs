using System;
using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Devices.Storage.Ide;
using Doppel.Devices.Storage.Ide.Ata;
using Doppel.Devices.Storage.Ide.Atapi;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;
using static Doppel.Devices.Tests.Storage.IdeRig;

namespace Doppel.Devices.Tests.Storage;

/// <summary>What a hostile guest or snapshot can do to the controller; and that a restored one goes on as if nothing had been.</summary>
public sealed class IdeHostilityTests
{
    private static readonly byte[] s_commands =
    [
        0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0x40, 0x42, 0xC4, 0xC5, 0xC6, 0xC8, 0xCA, 0xEC, 0xA1, 0xA0, 0xA0, 0xA0, 0xEF, 0x91, 0x08, 0x90, 0xE7, 0x27, 0xF8, 0xE5, 0xB0,
    ];

    private static readonly byte[] s_packets =
    [
        0x00, 0x03, 0x12, 0x1B, 0x1E, 0x25, 0x28, 0x28, 0x2B, 0x42, 0x43, 0x46, 0x4A, 0x51, 0x55, 0x5A, 0xA8, 0xB9, 0xBD, 0xBE, 0xBE, 0xFF,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Hostile_traffic_never_throws(int seed)
    {
        IdeRig rig = Full();
        new Hostility(rig, seed).Run(15_000);
        Assert.True(rig.Time.ArmedCount <= 4);
        rig.Ide.Reset(ResetKind.Hard);
        Assert.Equal(0, rig.Time.ArmedCount);
    }

    [Fact]
    public void Restored_at_any_moment_it_behaves_as_never_stopped()
    {
        for (int round = 0; round < 40; round++)
        {
            IdeRig rig = Full();
            new Hostility(rig, 1000 + round).Run(50 + (round * 37));
            StateTape saved = StateTape.Of(rig.Ide);
            IdeRig other = Full();
            new Hostility(other, 5000 + round).Run(100);
            rig.Memory.Ram.CopyTo(other.Memory.Ram, 0);
            for (int i = 0; i < 4; i++)
            {
                rig.Media[i].Bytes.CopyTo(other.Media[i].Bytes, 0);
                other.Media[i].WriteStatus = rig.Media[i].WriteStatus;
                other.Media[i].ReadStatus = rig.Media[i].ReadStatus;
            }

            other.Time.Now = rig.Time.Now;
            saved.RestoreInto(other.Ide);
            Assert.Equal(saved.Text, StateTape.Of(other.Ide).Text);
            Hostility here = new(rig, 7);
            Hostility there = new(other, 7);
            here.Run(400);
            there.Run(400);
            Assert.Equal(here.Digest, there.Digest);
            Assert.Equal(StateTape.Of(rig.Ide).Text, StateTape.Of(other.Ide).Text);
            Assert.Equal(rig.Memory.Ram, other.Memory.Ram);
        }
    }

    [Fact]
    public void Adv73_state_bounds_damaged_fields_are_refused_or_harmless()
    {
        for (int round = 0; round < 2; round++)
        {
            IdeRig rig = Full();
            new Hostility(rig, 40 + round).Run(300);
            foreach (string field in new HashSet<string>(StateTape.Of(rig.Ide).Fields))
            {
                foreach (object value in new object[] { ulong.MaxValue, 1UL, 2UL, 3UL, 4UL, 5UL, 0xFFFFUL, 65_536UL, long.MaxValue, long.MinValue, 0UL, 0x7FUL, true, false, new byte[300], new byte[65_536], Array.Empty<byte>() })
                {
                    StateTape damaged = StateTape.Of(rig.Ide);
                    if (!damaged.TryReplace(field, value))
                    {
                        continue;
                    }

                    IdeRig other = Full();
                    other.Time.Now = rig.Time.Now;
                    try
                    {
                        damaged.RestoreInto(other.Ide);
                    }
                    catch (StateFormatException)
                    {
                        continue;
                    }

                    new Hostility(other, 4).Run(60);
                    other.Wait();
                }
            }
        }
    }

    [Fact]
    public void Adv08_pattern_nothing_completes_after_a_reset()
    {
        IdeRig rig = Full();
        foreach (byte command in new byte[] { 0x20, 0xC8, 0xCA, 0xEC, 0xE7 })
        {
            rig.Command(command, 8);
            rig.Out(Master, 9);
            rig.Out(Primary + 0x206, 4);
            rig.Out(Primary + 0x206, 0);
            int rises = rig.Lines[0].Rises;
            rig.Wait();
            Assert.Equal(rises, rig.Lines[0].Rises);
            Assert.Equal(0x50, rig.In(Primary + 7));
            Assert.Equal(1, rig.In(Primary + 2));
            rig.Out(Master, 0);
        }
    }

    private static IdeRig Full()
    {
        TestMedium[] media = [TestMedium.Patterned(700 * 512), TestMedium.Patterned(300 * 512), TestMedium.Patterned(40 * 2048), TestMedium.Patterned(9 * 512)];
        media[3].WriteStatus = BlockStatus.NoSpace;
        return new IdeRig(
            [
                new AtaDisk("disk0", media[0], DriveIdentity.Disk(0)),
                new AtaDisk("disk1", media[1], DriveIdentity.Disk(1)),
                new AtapiCdrom("cdrom0", media[2], DriveIdentity.Cdrom(0)),
                new AtaDisk("disk3", media[3], DriveIdentity.Disk(3)),
            ])
        {
            Media = media,
        };
    }

    /// <summary>Commands, packets, tables and data in wild order from a fixed seed.</summary>
    private sealed class Hostility(IdeRig rig, int seed)
    {
        private static readonly AccessSize[] s_sizes = [AccessSize.Byte, AccessSize.Word, AccessSize.Dword];
        private ulong _state = ((ulong)(uint)seed * 2) + 1;

        public ulong Digest { get; private set; } = 14695981039346656037;

        public void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                Step();
                if (Next(3) == 0)
                {
                    rig.Time.Advance(Next(Next(4) == 0 ? 400_000 : 5_000));
                }
            }
        }

        private void Step()
        {
            int port = Next(2) == 0 ? Primary : Secondary;
            int master = Master + (port == Primary ? 0 : 8);
            switch (Next(14))
            {
                case 0:
                    rig.Out(port + 6, (ulong)(Next(2) == 0 ? 0xE0 : 0xF0));
                    rig.Out(port + 1, (ulong)Next(4));
                    rig.Out(port + 2, (ulong)Next(Next(2) == 0 ? 5 : 256));
                    for (int register = 3; register < 6; register++)
                    {
                        rig.Out(port + register, (ulong)Next(Next(3) == 0 ? 256 : 2));
                    }

                    rig.Out(port + 7, s_commands[Next(s_commands.Length)]);
                    break;
                case 1:
                    rig.Out(port + 7, (ulong)Next(256));
                    break;
                case 2:
                    rig.Out(port + Next(9), NextBits(), s_sizes[Next(3)]);
                    break;
                case 3:
                    rig.Out(port + 0x206, (ulong)(Next(4) == 0 ? Next(256) : 0));
                    break;
                case 4:
                    rig.Out(master + 4, (ulong)(Next(8) == 0 ? (long)(NextBits() & 0xFFFF_FFFF) : Next(0xF_0000)), AccessSize.Dword);
                    break;
                case 5:
                    rig.Out(master, (ulong)(Next(3) == 0 ? Next(256) : (Next(2) * 8) + 1));
                    break;
                case 6:
                    rig.Out(master + Next(8), NextBits(), s_sizes[Next(3)]);
                    break;
                case 7:
                    Descriptors();
                    break;
                case 8:
                    Packet(port);
                    break;
                case 9:
                    Look(rig.In(port + Next(9), s_sizes[Next(3)]));
                    break;
                case 10:
                    Look(rig.In(master + Next(8), s_sizes[Next(3)]));
                    Look(rig.In(port + 0x206));
                    break;
                case 11:
                    for (int i = Next(600); i > 0; i--)
                    {
                        rig.Out(port, NextBits(), s_sizes[1 + Next(2)]);
                    }

                    break;
                case 12 when Next(20) == 0:
                    int offset = Next(2) == 0 ? 4 : 0x40;
                    rig.Ide.WriteConfig(offset, AccessSize.Word, NextBits() & 0xFFFF);
                    rig.Time.Advance(1000);
                    rig.Enable();
                    break;
                default:
                    for (int i = Next(1200); i > 0; i--)
                    {
                        Look(rig.In(port, s_sizes[1 + Next(2)]));
                    }

                    break;
            }
        }

        private void Descriptors()
        {
            int at = Next(0xF_0000) & ~3;
            for (int i = 0; i < 8; i++)
            {
                uint address = Next(6) == 0 ? (uint)NextBits() : (uint)Next(0x10_0000);
                uint count = (uint)Next(0x1_0000) | (Next(4) == 0 ? 0x8000_0000 : 0);
                BitConverter.TryWriteBytes(rig.Memory.Ram.AsSpan(at + (i * 8)), address);
                BitConverter.TryWriteBytes(rig.Memory.Ram.AsSpan(at + (i * 8) + 4), count);
            }

            rig.Out(Master + (Next(2) * 8) + 4, (ulong)at, AccessSize.Dword);
        }

        private void Packet(int port)
        {
            rig.Out(port + 6, 0xA0);
            rig.Out(port + 1, (ulong)Next(2));
            rig.Out(port + 4, (ulong)Next(256));
            rig.Out(port + 5, (ulong)Next(Next(2) == 0 ? 256 : 9));
            rig.Out(port + 7, 0xA0);
            rig.Time.Advance(5_000);
            Span<byte> packet = stackalloc byte[12];
            packet.Clear();
            packet[0] = s_packets[Next(s_packets.Length)];
            for (int i = 1; i < 12; i++)
            {
                packet[i] = (byte)(Next(4) == 0 ? Next(256) : i is 5 or 8 or 4 ? Next(32) : 0);
            }

            rig.WriteWords(packet, port);
        }

        private void Look(ulong value) => Digest = (Digest ^ value) * 1099511628211;

        private int Next(int below) => (int)((NextBits() >> 33) % (ulong)below);

        private ulong NextBits()
        {
            _state ^= _state >> 12;
            _state ^= _state << 25;
            _state ^= _state >> 27;
            return _state * 0x2545_F491_4F6C_DD1D;
        }
    }
}

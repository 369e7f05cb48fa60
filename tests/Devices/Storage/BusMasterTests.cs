using System;
using Doppel.Backends;
using Doppel.Primitives;
using static Doppel.Devices.Tests.Storage.IdeRig;

namespace Doppel.Devices.Tests.Storage;

/// <summary>DMA of a disk through the bus master.</summary>
public sealed class BusMasterTests
{
    private const byte Read = 0x09;
    private const byte Write = 0x01;

    private readonly IdeRig _rig;
    private readonly TestMedium _medium;

    public BusMasterTests() => _rig = WithDisk(out _medium);

    private byte MasterStatus => _rig.In(Master + 2);

    [Fact]
    public void Sectors_come_into_scattered_memory()
    {
        _rig.Table(0, (0x2000, 1000, false), (0x5000, 2, false), (0x8000, 534, true));
        _rig.Command(0xC8, 3, 10);
        _rig.Out(Master, Read);
        Assert.Equal(1, MasterStatus);
        _rig.Wait();
        Assert.Equal(4, MasterStatus);
        Assert.True(_rig.Lines[0].High);
        Assert.Equal(0x50, _rig.In(Primary + 7));
        ReadOnlySpan<byte> expected = _medium.Bytes.AsSpan(5120, 1536);
        Assert.Equal(expected[..1000], _rig.Memory.Ram.AsSpan(0x2000, 1000));
        Assert.Equal(expected.Slice(1000, 2), _rig.Memory.Ram.AsSpan(0x5000, 2));
        Assert.Equal(expected[1002..], _rig.Memory.Ram.AsSpan(0x8000, 534));
        Assert.Equal(0, _rig.Memory.Ram[0x8000 + 534]);
        _rig.Out(Master, 0);
        _rig.Out(Master + 2, 0x66);
        Assert.Equal(0x60, MasterStatus);
    }

    [Fact]
    public void Sectors_are_written_from_memory_and_the_command_may_come_after_the_start()
    {
        for (int i = 0; i < 0x2_0000; i++)
        {
            _rig.Memory.Ram[0x4_0000 + i] = (byte)(i * 3);
        }

        // 0 stands for 65,536 bytes.
        _rig.Table(0, (0x4_0000, 0, false), (0x5_0000, 0, true));
        _rig.Out(Master, Write);
        _rig.Wait();
        Assert.Equal(1, MasterStatus);
        _rig.CommandExt(0x35, 256, 512);
        _rig.Wait();
        Assert.Equal(4, MasterStatus);
        Assert.Equal(0x50, _rig.In(Primary + 7));
        Assert.Equal(_rig.Memory.Ram.AsSpan(0x4_0000, 0x2_0000), _medium.Bytes.AsSpan(512 * 512, 0x2_0000));
    }

    [Fact]
    public void A_long_table_leaves_the_bus_master_active_and_a_short_one_the_drive_waiting()
    {
        _rig.Table(0, (0x2000, 1024, true));
        _rig.Command(0xC8, 1);
        _rig.Out(Master, Read);
        _rig.Wait();
        Assert.Equal(5, MasterStatus);
        _rig.Out(Master, 0);
        Assert.Equal(4, MasterStatus);
        _rig.Out(Master + 2, 4);
        _ = _rig.In(Primary + 7);

        _rig.Table(0, (0x2000, 600, true));
        _rig.Command(0xC8, 2, 4);
        _rig.Out(Master, Read);
        _rig.Wait();
        Assert.Equal(0, MasterStatus);
        Assert.Equal(0x80, _rig.In(Primary + 7) & 0x88);

        // What is left goes when the bus master is started anew.
        _rig.Out(Master, 0);
        _rig.Table(0, (0x3000, 424, true));
        _rig.Out(Master, Read);
        _rig.Wait();
        Assert.Equal(4, MasterStatus);
        Assert.Equal(_medium.Bytes.AsSpan(2048, 600), _rig.Memory.Ram.AsSpan(0x2000, 600));
        Assert.Equal(_medium.Bytes.AsSpan(2648, 424), _rig.Memory.Ram.AsSpan(0x3000, 424));
    }

    [Fact]
    public void A_write_that_stops_inside_a_sector_writes_only_whole_ones()
    {
        _rig.Memory.Ram.AsSpan(0x2000, 1024).Fill(0xEE);
        _rig.Table(0, (0x2000, 700, true));
        _rig.Command(0xCA, 2, 0);
        _rig.Out(Master, Write);
        _rig.Wait();
        Assert.Equal(0, _medium.Writes);
        _rig.Out(Master, 0);
        _rig.Out(Master, Write);
        _rig.Wait();
        Assert.Equal(1, _medium.Writes);
        Assert.Equal(-1, _medium.Bytes.AsSpan(0, 1024).IndexOfAnyExcept((byte)0xEE));
    }

    [Fact]
    public void The_wrong_direction_and_a_bus_that_is_not_allowed_move_nothing()
    {
        _rig.Table(0, (0x2000, 512, true));
        _rig.Command(0xC8, 1);
        _rig.Out(Master, Write);
        _rig.Wait();
        Assert.Equal(1, MasterStatus);
        _rig.Out(Master, 0);
        _rig.Ide.WriteConfig(4, AccessSize.Word, 1);
        _rig.Out(Master, Read);
        _rig.Wait();
        Assert.Equal(1, MasterStatus);
        Assert.Equal(-1, _rig.Memory.Ram.AsSpan(0x2000, 512).IndexOfAnyExcept((byte)0));
        _rig.Ide.WriteConfig(4, AccessSize.Word, 5);
        _rig.Wait();
        Assert.Equal(4, MasterStatus);
        Assert.Equal(_medium.Bytes.AsSpan(0, 512), _rig.Memory.Ram.AsSpan(0x2000, 512));
    }

    [Fact]
    public void Tables_and_regions_outside_memory_do_no_harm()
    {
        foreach (uint table in new[] { 0xFFFF_FFF8u, 0x8000_0000u, 0x000F_FFFCu })
        {
            _rig.Out(Master + 4, table, AccessSize.Dword);
            foreach (byte command in new byte[] { 0xC8, 0xCA })
            {
                _rig.Command(command, 0);
                _rig.Out(Master, command == 0xC8 ? Read : Write);
                _rig.Wait();
                _rig.Out(Master, 0);
                _rig.Out(Primary + 0x206, 4);
                _rig.Out(Primary + 0x206, 0);
                _rig.Wait();
                Assert.Equal(0x50, _rig.In(Primary + 7));
            }
        }
    }

    [Fact]
    public void A_table_without_end_wraps_in_its_64_kilobytes_and_ends_with_the_data()
    {
        // Every descriptor says 2 bytes at 0x2000 and no end.
        for (int i = 0; i < 0x1_0000; i += 8)
        {
            _rig.Memory.Ram[0x1_0001 + i] = 0x20;
            _rig.Memory.Ram[0x1_0004 + i] = 2;
        }

        _rig.Out(Master + 4, 0x1_FFF0, AccessSize.Dword);
        _rig.Command(0xC8, 0);
        _rig.Out(Master, Read);
        _rig.Wait();
        Assert.Equal(5, MasterStatus);
        Assert.Equal(_medium.Bytes.AsSpan(131_070, 2), _rig.Memory.Ram.AsSpan(0x2000, 2));
    }

    [Fact]
    public void Adv05_ide_reset_in_dma_writes_nothing_anywhere()
    {
        byte[] before = [.. _medium.Bytes];
        _rig.Memory.Ram.AsSpan(0x1_0000).Fill(0xAA);
        _rig.Table(0, (0x1_0000, 0, false), (0x2_0000, 0x8000, true));
        for (int wait = 0; wait < 3; wait++)
        {
            _rig.Command(0xCA, 0, 1024);
            _rig.Out(Master, Write);
            _rig.Time.Advance(wait * 20_000);
            _rig.Out(Primary + 0x206, 4);
            _rig.Wait();
            _rig.Out(Primary + 0x206, 0);
            _rig.Wait();
            _rig.Out(Master, 0);
            _rig.Out(Master, Write);
            _rig.Wait();
            _rig.Out(Master, 0);
            Assert.Equal(before.AsSpan(0, 512 * 1024), _medium.Bytes.AsSpan(0, 512 * 1024));
        }
    }

    [Fact]
    public void Errors_of_the_medium_end_dma_with_an_interrupt()
    {
        _rig.Table(0, (0x2000, 0x2000, true));
        _medium.ReadStatus = BlockStatus.Failed;
        _rig.Command(0xC8, 16);
        _rig.Out(Master, Read);
        _rig.Wait();
        Assert.Equal(5, MasterStatus);
        Assert.Equal(0x51, _rig.In(Primary + 7));
        Assert.Equal(0x40, _rig.In(Primary + 1));
    }
}

using System;
using System.Buffers.Binary;
using System.Text;
using Doppel.Backends;
using Doppel.Devices.Storage.Ide;
using Doppel.Devices.Storage.Ide.Ata;
using Doppel.Primitives;
using static Doppel.Devices.Tests.Storage.IdeRig;

namespace Doppel.Devices.Tests.Storage;

/// <summary>A disk, register by register.</summary>
public sealed class AtaTests
{
    private readonly IdeRig _rig;
    private readonly TestMedium _medium;

    public AtaTests() => _rig = WithDisk(out _medium);

    private byte Status => _rig.In(Primary + 0x206);

    [Fact]
    public void After_reset_the_registers_tell_a_disk()
    {
        Assert.Equal([1, 1, 1, 0, 0, 0xA0, 0x50], new[] { _rig.In(Primary + 1), _rig.In(Primary + 2), _rig.In(Primary + 3), _rig.In(Primary + 4), _rig.In(Primary + 5), _rig.In(Primary + 6), _rig.In(Primary + 7) });
        _rig.Out(Primary + 0x206, 0x04);
        Assert.Equal(0x80, Status);
        _rig.Out(Primary + 0x206, 0x00);
        Assert.Equal(0x80, Status);
        _rig.Wait();
        Assert.Equal(0x50, Status);
        Assert.False(_rig.Lines[0].High);
    }

    [Fact]
    public void Identify_says_what_the_disk_is()
    {
        _rig.Command(0xEC);
        Assert.Equal(0xD0, Status);
        _rig.Wait();
        Assert.True(_rig.Lines[0].High);
        Assert.Equal(0x58, _rig.In(Primary + 7));
        Assert.False(_rig.Lines[0].High);
        byte[] data = _rig.ReadWords(256);
        Assert.Equal(0x50, Status);
        ushort Word(int number) => BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(number * 2));
        Assert.Equal([0x0040, 2, 16, 63], new[] { (int)Word(0), Word(1), Word(3), Word(6) });
        Assert.Equal(2048, Word(60) | (Word(61) << 16));
        Assert.Equal(2048, Word(100));
        Assert.Equal(0x7400, Word(83));
        Assert.Equal(0x4041, Word(93) & 0xDF61);
        byte sum = 0;
        foreach (byte b in data)
        {
            sum += b;
        }

        Assert.Equal(0, sum);
        byte[] model = data[54..94];
        for (int i = 0; i < 40; i += 2)
        {
            (model[i], model[i + 1]) = (model[i + 1], model[i]);
        }

        Assert.Equal("DOPPEL HARDDISK", Encoding.ASCII.GetString(model).TrimEnd());
    }

    [Theory]
    [InlineData(0L, 0, 0)]
    [InlineData(1_008_000L * 512, 1000, 1_008_000)]
    [InlineData(40L << 30, 16_383, 83_886_080)]
    [InlineData(200L << 30, 16_383, 0x0FFF_FFFF)]
    public void Geometry_follows_from_the_size(long lengthBytes, int cylinders, long sectors28)
    {
        AtaGeometry geometry = new(lengthBytes / 512);
        Assert.Equal(cylinders, geometry.NativeCylinders);
        Assert.Equal(sectors28, geometry.Sectors28);
    }

    [Fact]
    public void Sectors_are_read_by_pio_with_one_interrupt_each()
    {
        _rig.Command(0x20, 3, 5);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(0xD0, Status);
            _rig.Wait();
            Assert.Equal(i + 1, _rig.Lines[0].Rises);
            Assert.Equal(0x58, _rig.In(Primary + 7));
            Assert.Equal(_medium.Bytes[((5 + i) * 512)..((6 + i) * 512)], _rig.ReadWords(256));
        }

        Assert.Equal(0x50, Status);
        Assert.Equal([0, 7], new[] { _rig.In(Primary + 2), _rig.In(Primary + 3) });
        _rig.Wait();
        Assert.Equal(3, _rig.Lines[0].Rises);
    }

    [Fact]
    public void Doublewords_and_bytes_of_the_data_port_move_as_much_as_they_hold()
    {
        _rig.Command(0x20, 1, 9);
        _rig.Wait();
        byte[] data = new byte[512];
        for (int i = 0; i < 508; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(i), (uint)_rig.In(Primary, AccessSize.Dword));
        }

        for (int i = 508; i < 512; i++)
        {
            data[i] = _rig.In(Primary);
        }

        Assert.Equal(_medium.Bytes[(9 * 512)..(10 * 512)], data);
        Assert.Equal(0x50, Status);
        Assert.Equal(0xFFFFUL, _rig.In(Primary, AccessSize.Word));
    }

    [Fact]
    public void Sectors_are_written_by_pio_and_the_first_is_asked_for_without_interrupt()
    {
        byte[] data = new byte[1024];
        new Span<byte>(data).Fill(0x5A);
        _rig.Command(0x30, 2, 100);
        _rig.Wait();
        Assert.Equal(0x58, Status);
        Assert.Equal(0, _rig.Lines[0].Rises);
        _rig.WriteWords(data.AsSpan(0, 512));
        Assert.Equal(0xD0, Status);
        Assert.Equal(0, _medium.Writes);
        _rig.Wait();
        Assert.Equal(0x58, _rig.In(Primary + 7));
        Assert.Equal(1, _rig.Lines[0].Rises);
        _rig.WriteWords(data.AsSpan(512));
        _rig.Wait();
        Assert.Equal(0x50, _rig.In(Primary + 7));
        Assert.Equal(2, _rig.Lines[0].Rises);
        Assert.Equal(data, _medium.Bytes[51_200..52_224]);
    }

    [Fact]
    public void Many_words_at_once_leave_the_last_of_a_block()
    {
        _rig.Command(0x20, 1, 6);
        Assert.Equal(0, _rig.WriteManyWords(new byte[4]));
        _rig.Wait();
        Assert.Equal(_medium.Bytes[3072..3584], _rig.ReadManyWords(256));
        Assert.Equal(0x50, Status);
        byte[] data = _medium.Bytes[0..512];
        _rig.Command(0x30, 1, 7);
        _rig.Wait();
        Assert.Equal(255, _rig.WriteManyWords(data));
        _rig.Wait();
        Assert.Equal(data, _medium.Bytes[3584..4096]);
        Assert.Equal(-1, _rig.ReadManyWords(8).AsSpan().IndexOfAnyExcept((byte)0xFF));
    }

    [Fact]
    public void Multiple_moves_as_many_sectors_a_block_as_were_set()
    {
        _rig.Command(0xC4, 5, 0);
        _rig.Wait();
        Assert.Equal(0x51, Status);
        Assert.Equal(0x04, _rig.In(Primary + 1));
        _rig.Command(0xC6, 3);
        _rig.Wait();
        Assert.Equal(0x51, Status);
        _rig.Command(0xC6, 4);
        _rig.Wait();
        Assert.Equal(0x50, Status);
        int before = _rig.Lines[0].Rises;
        _rig.CommandExt(0x29, 5, 2040);
        _rig.Wait();
        _ = _rig.In(Primary + 7);
        Assert.Equal(_medium.Bytes[(2040 * 512)..(2044 * 512)], _rig.ReadWords(1024));
        _rig.Wait();
        _ = _rig.In(Primary + 7);
        Assert.Equal(_medium.Bytes[(2044 * 512)..(2045 * 512)], _rig.ReadWords(256));
        Assert.Equal(0x50, Status);
        Assert.Equal(before + 2, _rig.Lines[0].Rises);
    }

    [Fact]
    public void Cylinders_heads_and_sectors_name_the_same_sectors()
    {
        // Cylinder 1, head 2, sector 3 of 16 x 63.
        _rig.Command(0x20, 1, 0x00_01_03, 0xA2);
        _rig.Wait();
        int lba = (((1 * 16) + 2) * 63) + 2;
        Assert.Equal(_medium.Bytes[(lba * 512)..((lba + 1) * 512)], _rig.ReadWords(256));
        _rig.Command(0x91, 32, 0, 0xA7);
        _rig.Wait();
        _rig.Command(0x20, 1, 0x00_01_03, 0xA2);
        _rig.Wait();
        lba = (((1 * 8) + 2) * 32) + 2;
        Assert.Equal(_medium.Bytes[(lba * 512)..((lba + 1) * 512)], _rig.ReadWords(256));
        foreach ((uint address, byte device) in new[] { (0x000000u, (byte)0xA0), (0x000021u, (byte)0xA0), (0x000001u, (byte)0xA9), (0x00FF01u, (byte)0xA0) })
        {
            _rig.Command(0x20, 1, address, device);
            _rig.Wait();
            Assert.Equal(0x51, Status);
            Assert.Equal(0x10, _rig.In(Primary + 1));
        }

        _rig.Command(0x91, 0, 0, 0xA7);
        _rig.Wait();
        Assert.Equal(0x51, Status);
    }

    [Theory]
    [InlineData(0x20)]
    [InlineData(0x30)]
    [InlineData(0xC8)]
    [InlineData(0xCA)]
    [InlineData(0x40)]
    public void Ranges_that_leave_the_disk_are_refused_before_anything_moves(byte command)
    {
        foreach ((byte count, uint lba) in new[] { ((byte)1, 2048u), ((byte)2, 2047u), ((byte)0, 1793u), ((byte)1, 0x0FFF_FFFFu) })
        {
            _rig.Command(command, count, lba);
            _rig.Wait();
            Assert.Equal(0x51, _rig.In(Primary + 7));
            Assert.Equal(0x10, _rig.In(Primary + 1));
        }

        Assert.Equal(0, _medium.Writes);
    }

    [Fact]
    public void Addresses_of_48_bits_are_two_deep_and_shown_so()
    {
        _rig.CommandExt(0x42, 1, 0x123456789ABC);
        _rig.Wait();
        Assert.Equal(0x51, Status);
        Assert.Equal([0xBC, 0x9A, 0x78], new[] { _rig.In(Primary + 3), _rig.In(Primary + 4), _rig.In(Primary + 5) });
        _rig.Out(Primary + 0x206, 0x80);
        Assert.Equal([0x56, 0x34, 0x12], new[] { _rig.In(Primary + 3), _rig.In(Primary + 4), _rig.In(Primary + 5) });
        _rig.Out(Primary + 2, 0);
        Assert.Equal(0xBC, _rig.In(Primary + 3));
        _rig.Command(0x27);
        _rig.Wait();
        Assert.Equal([0xFF, 0x07, 0x00], new[] { _rig.In(Primary + 3), _rig.In(Primary + 4), _rig.In(Primary + 5) });
        _rig.Command(0xF8);
        _rig.Wait();
        Assert.Equal([0xFF, 0x07, 0x00], new[] { _rig.In(Primary + 3), _rig.In(Primary + 4), _rig.In(Primary + 5) });
    }

    [Theory]
    [InlineData(BlockStatus.ReadOnly, 0x51, 0x44)]
    [InlineData(BlockStatus.NoSpace, 0x71, 0x04)]
    [InlineData(BlockStatus.Failed, 0x71, 0x04)]
    public void What_the_host_refuses_to_write_is_an_error_of_the_drive(BlockStatus status, byte expected, byte error)
    {
        _medium.WriteStatus = status;
        _rig.Command(0x30, 1, 7);
        _rig.Wait();
        _rig.WriteWords(new byte[512]);
        _rig.Wait();
        Assert.Equal(expected, _rig.In(Primary + 7));
        Assert.Equal(error, _rig.In(Primary + 1));
        Assert.Equal(7, _rig.In(Primary + 3));
        _medium.FlushStatus = BlockStatus.Failed;
        _rig.Command(0xE7);
        _rig.Wait();
        Assert.Equal(0x71, _rig.In(Primary + 7));
    }

    [Fact]
    public void What_the_host_cannot_read_is_uncorrectable()
    {
        _medium.ReadStatus = BlockStatus.Failed;
        _rig.Command(0x20, 1, 8);
        _rig.Wait();
        Assert.Equal(0x51, _rig.In(Primary + 7));
        Assert.Equal(0x40, _rig.In(Primary + 1));
        Assert.Equal(8, _rig.In(Primary + 3));
    }

    [Fact]
    public void Commands_without_data_do_what_they_say()
    {
        foreach (byte command in new byte[] { 0x10, 0x1F, 0x70, 0x40, 0xE7, 0xEA, 0xE0, 0xE1, 0xE2, 0xE3, 0x94, 0x97, 0xE6, 0x99 })
        {
            _rig.Command(command, 1);
            _rig.Wait();
            Assert.Equal(0x50, _rig.In(Primary + 7));
        }

        Assert.Equal(2, _medium.Flushes);
        _rig.Command(0xE5);
        _rig.Wait();
        Assert.Equal(0, _rig.In(Primary + 2));
        foreach ((byte feature, byte count, byte expected) in new[] { ((byte)3, (byte)0x42, (byte)0x50), ((byte)3, (byte)0x46, (byte)0x51), ((byte)2, (byte)0, (byte)0x50), ((byte)0x82, (byte)0, (byte)0x50), ((byte)0x99, (byte)0, (byte)0x51) })
        {
            _rig.Command(0xEF, count, features: feature);
            _rig.Wait();
            Assert.Equal(expected, _rig.In(Primary + 7));
        }

        // The write cache is off now: a write ends on the medium.
        _rig.Command(0x30, 1);
        _rig.Wait();
        _rig.WriteWords(new byte[512]);
        _rig.Wait();
        Assert.Equal(4, _medium.Flushes);
    }

    [Fact]
    public void Adv07_smart_offline_and_other_feature_sets_that_are_not_there_are_aborted()
    {
        foreach (byte command in new byte[] { 0x00, 0x08, 0xA0, 0xA1, 0xB0, 0xB1, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF9, 0x37, 0x22, 0x50, 0xDE, 0xDA, 0xFF })
        {
            for (int log = 0; log < 256; log += 51)
            {
                _rig.Command(command, 1, 0xC24F00 | (uint)log, features: 0xD4);
                _rig.Wait();
                Assert.Equal(0x51, _rig.In(Primary + 7));
                Assert.Equal(0x04, _rig.In(Primary + 1));
            }
        }
    }

    [Fact]
    public void Diagnosis_reports_a_good_drive()
    {
        _rig.Command(0x90, 9, 0x123456, 0xF0);
        Assert.Equal(0x80, Status);
        _rig.Wait();
        Assert.True(_rig.Lines[0].High);
        Assert.Equal([1, 1, 1, 0, 0, 0xA0, 0x50], new[] { _rig.In(Primary + 1), _rig.In(Primary + 2), _rig.In(Primary + 3), _rig.In(Primary + 4), _rig.In(Primary + 5), _rig.In(Primary + 6), _rig.In(Primary + 7) });
    }

    [Fact]
    public void Interrupts_wait_for_nien()
    {
        _rig.Out(Primary + 0x206, 0x02);
        _rig.Command(0x20, 1);
        _rig.Wait();
        Assert.False(_rig.Lines[0].High);
        Assert.Equal(0, _rig.In(Master + 2) & 4);
        _rig.Out(Primary + 0x206, 0x00);
        Assert.True(_rig.Lines[0].High);
        Assert.Equal(4, _rig.In(Master + 2) & 4);
    }

    [Fact]
    public void A_second_drive_that_is_not_there_has_a_status_of_0_and_takes_no_command()
    {
        _rig.Out(Primary + 6, 0xB0);
        Assert.Equal(0, _rig.In(Primary + 7));
        _rig.Out(Primary + 2, 0x55);
        _rig.Out(Primary + 3, 0xAA);
        Assert.Equal([0x55, 0xAA, 0xB0], new[] { _rig.In(Primary + 2), _rig.In(Primary + 3), _rig.In(Primary + 6) });
        _rig.Out(Primary + 7, 0xEC);
        _rig.Wait();
        Assert.Equal(0, _rig.In(Primary + 7));
        Assert.Equal(0, _rig.Lines[0].Rises);
    }

    [Fact]
    public void An_empty_channel_floats()
    {
        Assert.Equal(0x7F, _rig.In(Secondary + 7));
        _rig.Out(Secondary + 2, 0x55);
        Assert.Equal(0x7F, _rig.In(Secondary + 2));
        Assert.Equal(0xFF7FUL, _rig.In(Secondary, AccessSize.Word));
        _rig.Out(Secondary + 7, 0x90);
        _rig.Wait();
        Assert.Equal(0, _rig.Lines[1].Rises);
    }

    [Fact]
    public void Two_drives_on_a_cable_answer_each_for_itself()
    {
        TestMedium second = TestMedium.Patterned(64 * 512);
        IdeRig rig = new([new AtaDisk("disk0", _medium, DriveIdentity.Disk(0)), new AtaDisk("disk1", second, DriveIdentity.Disk(1))]);
        rig.Command(0x20, 1, 3, 0xF0);
        rig.Wait();
        Assert.True(rig.Lines[0].High);
        rig.Out(Primary + 6, 0xE0);
        Assert.False(rig.Lines[0].High);
        Assert.Equal(0x50, rig.In(Primary + 7));
        rig.Out(Primary + 6, 0xF0);
        Assert.True(rig.Lines[0].High);
        Assert.Equal(second.Bytes[1536..2048], rig.ReadWords(256));
        rig.Command(0x20, 1, 64, 0xF0);
        rig.Wait();
        Assert.Equal(0x51, rig.In(Primary + 7));
    }

    [Fact]
    public void Ports_answer_only_where_and_while_they_are_decoded()
    {
        IdeRig rig = new([new AtaDisk("disk0", _medium, DriveIdentity.Disk(0))], enable: false);
        Assert.Equal(0xFF, rig.In(Primary + 7));
        rig.Ide.WriteConfig(0x40, AccessSize.Word, 0x8000);
        Assert.Equal(0xFF, rig.In(Primary + 7));
        rig.Ide.WriteConfig(0x04, AccessSize.Word, 1);
        Assert.Equal(0x50, rig.In(Primary + 7));
        Assert.Equal(0xFF, rig.In(Secondary + 7));
        Assert.Equal(0x7010_8086UL, rig.Ide.ReadConfig(0, AccessSize.Dword));
        Assert.Equal(0x01_01_80_00UL, rig.Ide.ReadConfig(8, AccessSize.Dword));
        rig.Ide.WriteConfig(0x20, AccessSize.Dword, 0xFFFF_FFFF);
        Assert.Equal(0xFFFF_FFF1UL, rig.Ide.ReadConfig(0x20, AccessSize.Dword));
        rig.Ide.Reset(ResetKind.Hard);
        Assert.Equal(0xFF, rig.In(Primary + 7));
    }
}

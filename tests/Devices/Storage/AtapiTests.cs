using System;
using System.Buffers.Binary;
using System.Text;
using Doppel.Backends;
using Doppel.Devices.Storage.Ide.Atapi;
using Doppel.Primitives;
using static Doppel.Devices.Tests.Storage.IdeRig;

namespace Doppel.Devices.Tests.Storage;

/// <summary>A CD-ROM drive, packet by packet.</summary>
public sealed class AtapiTests
{
    private readonly IdeRig _rig;
    private readonly AtapiCdrom _drive;
    private readonly TestMedium _medium;

    public AtapiTests() => _rig = WithCdrom(out _drive, out _medium);

    private string Failure
    {
        get
        {
            byte[] sense = _rig.Packet([0x03, 0, 0, 0, 18]);
            return $"{sense[2]:X}/{sense[12]:X2}/{sense[13]:X2}";
        }
    }

    [Fact]
    public void After_reset_the_registers_tell_a_packet_device()
    {
        foreach (byte command in new byte[] { 0x00, 0xEC, 0x20 })
        {
            _rig.Command(command, port: Secondary, device: 0xA0);
            _rig.Wait();
            if (command != 0)
            {
                Assert.Equal([1, 1, 0x14, 0xEB], new[] { _rig.In(Secondary + 2), _rig.In(Secondary + 3), _rig.In(Secondary + 4), _rig.In(Secondary + 5) });
            }

            Assert.Equal(0x51, _rig.In(Secondary + 7));
            Assert.Equal(4, _rig.In(Secondary + 1));
        }

        _rig.Out(Secondary + 7, 0x08);
        Assert.Equal(0x80, _rig.In(Secondary + 7));
        _rig.Wait();
        Assert.Equal(0, _rig.In(Secondary + 7));
        Assert.Equal(0xEB, _rig.In(Secondary + 5));
        Assert.False(_rig.Lines[1].High);
    }

    [Fact]
    public void Identify_packet_device_says_what_it_is()
    {
        _rig.Command(0xA1, port: Secondary, device: 0xA0);
        _rig.Wait();
        Assert.True(_rig.Lines[1].High);
        byte[] data = _rig.ReadWords(256, Secondary);
        Assert.Equal(0x85C0, BinaryPrimitives.ReadUInt16LittleEndian(data));
        Assert.Equal(0x50, _rig.In(Secondary + 7));
    }

    [Fact]
    public void Power_on_is_told_once()
    {
        IdeRig rig = new([null, null, new AtapiCdrom("cdrom0", _medium, Doppel.Devices.Storage.Ide.DriveIdentity.Cdrom(0))]);
        _ = rig.Packet([0x00]);
        Assert.Equal(0x51, rig.In(Secondary + 7));
        Assert.Equal(0x64, rig.In(Secondary + 1));
        byte[] sense = rig.Packet([0x03, 0, 0, 0, 18]);
        Assert.Equal([6, 0x29], new[] { sense[2], sense[12] });
        _ = rig.Packet([0x00]);
        Assert.Equal(0x50, rig.In(Secondary + 7));
    }

    [Theory]
    [InlineData(0xFFFE)]
    [InlineData(2048)]
    [InlineData(3001)]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(0xFFFF)]
    public void Sectors_come_in_blocks_of_at_most_the_byte_count(int limit)
    {
        byte[] data = _rig.Packet([0x28, 0, 0, 0, 0, 3, 0, 0, 5], limit);
        Assert.Equal(_medium.Bytes[6144..16_384], data);
        Assert.Equal(0x50, _rig.In(Secondary + 7));
        data = _rig.Packet([0xA8, 0, 0, 0, 0, 99, 0, 0, 0, 1], limit);
        Assert.Equal(_medium.Bytes[(99 * 2048)..], data);
        Assert.Empty(_rig.Packet([0x28, 0, 0, 0, 0, 3, 0, 0, 0], limit));
    }

    [Fact]
    public void Each_block_and_the_end_interrupt()
    {
        _ = _rig.In(Secondary + 7);
        int before = _rig.Lines[1].Rises;
        _ = _rig.Packet([0x28, 0, 0, 0, 0, 0, 0, 0, 2], 2048);
        _ = _rig.In(Secondary + 7);
        Assert.Equal(before + 3, _rig.Lines[1].Rises);
    }

    [Fact]
    public void Sectors_come_by_dma()
    {
        _rig.Table(1, (0x1_0000, 0, false), (0x2_0000, 0, false), (0x3_0000, 0, false), (0x4_0000, 0x2000, true));
        _rig.StartPacket([0x28, 0, 0, 0, 0, 0, 0, 0, 100], 0, dma: true);
        _rig.Out(Master + 8, 9);
        _rig.Wait();
        Assert.Equal(4, _rig.In(Master + 10));
        Assert.Equal(0x50, _rig.In(Secondary + 7));
        Assert.Equal(_medium.Bytes.AsSpan(), _rig.Memory.Ram.AsSpan(0x1_0000, 204_800));
        _rig.Out(Master + 8, 0);
        _rig.Table(1, (0x1_0000, 36, true));
        _rig.StartPacket([0x12, 0, 0, 0, 36], 0, dma: true);
        _rig.Out(Master + 8, 9);
        _rig.Wait();
        Assert.Equal("DOPPEL  DVD-ROM         1.0 ", Encoding.ASCII.GetString(_rig.Memory.Ram.AsSpan(0x1_0008, 28)));
    }

    [Fact]
    public void Adv04_atapi_lba_minus1_stays_inside()
    {
        foreach (byte[] packet in new byte[][]
        {
            [0x28, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 1],
            [0x28, 0, 0, 0, 0, 100, 0, 0, 1],
            [0xA8, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            [0xA8, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0xBE, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF8],
            [0xB9, 0, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xF8],
            [0x2B, 0, 0xFF, 0xFF, 0xFF, 0xFF],
        })
        {
            Assert.Empty(_rig.Packet([0x28, 0, 0, 0, 0, 0, 0, 0, 0]));
            Assert.Empty(_rig.Packet(packet));
            Assert.Equal(0x51, _rig.In(Secondary + 7));
            Assert.Equal("5/21/00", Failure);
        }
    }

    [Fact]
    public void Adv03_atapi_pio_reads_past_a_reply_get_nothing_of_the_buffer()
    {
        _ = _rig.Packet([0x28, 0, 0, 0, 0, 1, 0, 0, 31]);
        foreach (byte[] packet in new byte[][] { [0x12, 0, 0, 0, 36], [0x1B, 0, 0, 0, 1], [0xBE, 0, 0, 0, 0, 0, 0, 0, 1, 0xF8], [0x03, 0, 0, 0, 255] })
        {
            _rig.StartPacket(packet, 0xFFFE);
            int count = (_rig.In(Secondary + 7) & 8) != 0 ? _rig.In(Secondary + 4) | (_rig.In(Secondary + 5) << 8) : 0;
            _ = _rig.ReadWords(count / 2, Secondary);
            for (int i = 0; i < 40_000; i++)
            {
                Assert.Equal(0xFFFF_FFFFUL, _rig.In(Secondary, AccessSize.Dword));
                _rig.Out(Secondary, 0x1234_5678, AccessSize.Dword);
            }

            _rig.Wait();
        }
    }

    [Fact]
    public void Adv06_ide_native_max_and_other_disk_commands_are_aborted_by_a_packet_device()
    {
        for (int command = 0; command < 256; command++)
        {
            if (command is 0x08 or 0x90 or 0xA0 or 0xA1 or (>= 0x94 and <= 0x99) or (>= 0xE0 and <= 0xE3) or 0xE5 or 0xE6)
            {
                continue;
            }

            _rig.Command((byte)command, 1, port: Secondary, device: 0xE0);
            _rig.Wait();
            Assert.Equal(0x51, _rig.In(Secondary + 7));
            Assert.Equal(4, _rig.In(Secondary + 1));
        }
    }

    [Fact]
    public void Raw_sectors_have_the_parts_that_were_asked_for()
    {
        byte[] raw = _rig.Packet([0xBE, 0x08, 0, 0, 0, 75, 0, 0, 1, 0xF8]);
        Assert.Equal(2352, raw.Length);
        Assert.Equal([0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 3, 0, 1], raw[..16]);
        Assert.Equal(_medium.Bytes[(75 * 2048)..(76 * 2048)], raw[16..2064]);
        Assert.Equal(4096, _rig.Packet([0xBE, 0, 0, 0, 0, 0, 0, 0, 2, 0x10]).Length);
        Assert.Equal(50 * 2352, _rig.Packet([0xBE, 0, 0, 0, 0, 0, 0, 0, 50, 0xF8]).Length);
        Assert.Equal(2048, _rig.Packet([0xB9, 0, 0, 0, 2, 5, 0, 2, 6, 0x10]).Length);
        Assert.Empty(_rig.Packet([0xBE, 0, 0, 0, 0, 0, 0, 0, 2, 0x00]));
        Assert.Equal(0x50, _rig.In(Secondary + 7));
        Assert.Empty(_rig.Packet([0xBE, 0, 0, 0, 0, 0, 0, 0, 2, 0x12]));
        Assert.Equal("5/24/00", Failure);
        Assert.Empty(_rig.Packet([0xBE, 0x04, 0, 0, 0, 0, 0, 0, 2, 0x10]));
        Assert.Equal("5/64/00", Failure);
    }

    [Fact]
    public void Tables_of_contents_have_one_track()
    {
        Assert.Equal("0012010100140100000000000014AA0000000064", Convert.ToHexString(_rig.Packet([0x43, 0, 0, 0, 0, 0, 0, 0, 255])));
        Assert.Equal("0012010100140100000002000014AA0000000319", Convert.ToHexString(_rig.Packet([0x43, 2, 0, 0, 0, 0, 0, 0, 255])));
        Assert.Equal("000A01010014AA0000000064", Convert.ToHexString(_rig.Packet([0x43, 0, 0, 0, 0, 0, 0xAA, 0, 255])));
        Assert.Equal("000A01010014010000000000", Convert.ToHexString(_rig.Packet([0x43, 0, 1, 0, 0, 0, 0, 0, 255])));
        Assert.Equal("002E0101", Convert.ToHexString(_rig.Packet([0x43, 2, 2, 0, 0, 0, 0, 0, 4])));
        Assert.Equal(48, _rig.Packet([0x43, 2, 2, 0, 0, 0, 0, 0, 255]).Length);
        Assert.Empty(_rig.Packet([0x43, 0, 0, 0, 0, 0, 2, 0, 255]));
        Assert.Equal("5/24/00", Failure);
    }

    [Fact]
    public void Replies_say_what_the_drive_and_the_disc_are()
    {
        Assert.Equal("0000006300000800", Convert.ToHexString(_rig.Packet([0x25])));
        byte[] configuration = _rig.Packet([0x46, 0, 0, 0, 0, 0, 0, 0, 255]);
        Assert.Equal(configuration.Length - 4, (int)BinaryPrimitives.ReadUInt32BigEndian(configuration));
        Assert.Equal(0x08, configuration[7]);
        Assert.Equal(16, _rig.Packet([0x46, 2, 0, 1, 0, 0, 0, 0, 255]).Length);
        Assert.Equal(34, _rig.Packet([0x51, 0, 0, 0, 0, 0, 0, 0, 255]).Length);
        Assert.Equal(16, _rig.Packet([0x42, 2, 0x40, 1, 0, 0, 0, 0, 255]).Length);
        Assert.Equal(8, _rig.Packet([0xBD, 0, 0, 0, 0, 0, 0, 0, 0, 255]).Length);
        Assert.Empty(_rig.Packet([0x99]));
        Assert.Equal("5/20/00", Failure);
        Assert.Equal("0/00/00", Failure);
    }

    [Fact]
    public void Mode_pages_are_sensed_and_selected()
    {
        byte[] all = _rig.Packet([0x5A, 0, 0x3F, 0, 0, 0, 0, 0, 255]);
        Assert.Equal(8 + 32 + 22, all.Length);
        Assert.Equal(all.Length - 2, all[1]);
        byte[] list = [0, 0, 0, 0, 0, 0, 0, 0, 0x01, 6, 0x20, 7, 1, 1, 1, 1];
        Assert.Empty(_rig.Packet([0x55, 0x10, 0, 0, 0, 0, 0, 0, 16], list: list));
        Assert.Equal(0x50, _rig.In(Secondary + 7));
        Assert.Equal("01062007", Convert.ToHexString(_rig.Packet([0x5A, 0, 0x01, 0, 0, 0, 0, 0, 255])[8..12]));
        Assert.Equal("01060005", Convert.ToHexString(_rig.Packet([0x5A, 0, 0x81, 0, 0, 0, 0, 0, 255])[8..12]));
        list[9] = 5;
        _ = _rig.Packet([0x55, 0x10, 0, 0, 0, 0, 0, 0, 16], list: list);
        Assert.Equal("5/26/00", Failure);
        list[9] = 200;
        _ = _rig.Packet([0x55, 0x10, 0, 0, 0, 0, 0, 0, 16], list: list);
        Assert.Equal("5/1A/00", Failure);
        list[8] = 0x05;
        list[9] = 6;
        _ = _rig.Packet([0x55, 0x10, 0, 0, 0, 0, 0, 0, 16], list: list);
        Assert.Equal("5/26/00", Failure);
        _ = _rig.Packet([0x5A, 0, 0xC1, 0, 0, 0, 0, 0, 255]);
        Assert.Equal("5/39/00", Failure);
        _ = _rig.Packet([0x5A, 0, 0x05, 0, 0, 0, 0, 0, 255]);
        Assert.Equal("5/24/00", Failure);
    }

    [Fact]
    public void A_new_medium_is_told_once_and_an_empty_drive_is_not_ready()
    {
        TestMedium other = TestMedium.Patterned((3 * 2048) + 5);
        _drive.Insert(null);
        Assert.Equal("0006041003000000", Convert.ToHexString(_rig.Packet([0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8])));
        _ = _rig.Packet([0x28, 0, 0, 0, 0, 0, 0, 0, 1]);
        Assert.Equal(0x24, _rig.In(Secondary + 1));
        Assert.Equal("2/3A/01", Failure);
        _drive.Insert(other);
        Assert.Equal("0202", Convert.ToHexString(_rig.Packet([0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8])[4..6]));
        Assert.Equal("0002", Convert.ToHexString(_rig.Packet([0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8])[4..6]));
        _ = _rig.Packet([0x25]);
        Assert.Equal("6/28/00", Failure);
        Assert.Equal("0000000300000800", Convert.ToHexString(_rig.Packet([0x25])));
        byte[] last = _rig.Packet([0x28, 0, 0, 0, 0, 3, 0, 0, 1]);
        Assert.Equal(other.Bytes[6144..], last[..5]);
        Assert.Equal(-1, last.AsSpan(5).IndexOfAnyExcept((byte)0));
        Assert.Same(other, _drive.Medium);
    }

    [Fact]
    public void The_tray_opens_unless_it_is_locked()
    {
        _ = _rig.Packet([0x1E, 0, 0, 0, 1]);
        Assert.True(_drive.IsLocked);
        _ = _rig.Packet([0x1B, 0, 0, 0, 2]);
        Assert.Equal("5/53/02", Failure);
        _ = _rig.Packet([0x1E, 0, 0, 0, 0]);
        _ = _rig.Packet([0x1B, 0, 0, 0, 2]);
        Assert.Equal(0x50, _rig.In(Secondary + 7));
        _ = _rig.Packet([0x00]);
        Assert.Equal("2/3A/02", Failure);
        Assert.Same(_medium, _drive.Medium);
        _ = _rig.Packet([0x1B, 0, 0, 0, 3]);
        _ = _rig.Packet([0x00]);
        Assert.Equal("6/28/00", Failure);
        _ = _rig.Packet([0x00]);
        Assert.Equal(0x50, _rig.In(Secondary + 7));
    }

    [Fact]
    public void A_medium_that_cannot_be_read_or_goes_on_the_way_is_a_sense()
    {
        _medium.ReadStatus = BlockStatus.Failed;
        _ = _rig.Packet([0x28, 0, 0, 0, 0, 0, 0, 0, 1]);
        Assert.Equal("3/11/00", Failure);
        _medium.ReadStatus = BlockStatus.Done;
        _rig.StartPacket([0x28, 0, 0, 0, 0, 0, 0, 0, 100], 0xFFFE);
        _drive.Insert(new TestMedium(2048));
        _ = _rig.ReadWords(32_767, Secondary);
        _rig.Wait();
        _ = _rig.ReadWords(1, Secondary);
        _rig.Wait();
        Assert.Equal(0x51, _rig.In(Secondary + 7));
        Assert.Equal("3/11/00", Failure);
    }
}

using System;
using System.Buffers.Binary;
using System.Text;
using Doppel.Devices.Chipset.FwCfg;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;
using Device = Doppel.Devices.Chipset.FwCfg.FwCfgDevice;

namespace Doppel.Devices.Tests.FwCfg;

public sealed class FwCfgTests
{
    private const ushort Selector = 0x510;
    private const ushort Data = 0x511;
    private const ushort Dma = 0x514;
    private const uint CommandAt = 0x1000;

    private readonly FakeSlot _slot = new();
    private readonly FwCfgItem _kept = FwCfgItem.KeptFile("etc/kept", 8, isGuestWritable: true);
    private readonly Device _device;
    private byte _made = 1;

    public FwCfgTests() => _device = _slot.Plug(new Device(
    [
        FwCfgItem.File("etc/z", [1, 2, 3]),
        FwCfgItem.Constant(FwCfgKeys.RamBytes, [0, 0, 0, 0x10, 0, 0, 0, 0]),
        FwCfgItem.MadeFile("etc/made", 2, () => [_made, _made]),
        _kept,
        FwCfgItem.File("bootorder", Encoding.ASCII.GetBytes("x\0")),
    ]));

    [Fact]
    public void The_signature_is_read_and_zeros_follow_it()
    {
        _slot.Out(Selector, AccessSize.Word, FwCfgKeys.Signature);
        Assert.Equal("QEMU", Encoding.ASCII.GetString([_slot.In(Data), _slot.In(Data), _slot.In(Data), _slot.In(Data)]));
        Assert.Equal(0, _slot.In(Data));
        _slot.Out(Selector, AccessSize.Word, 0x1234);
        Assert.Equal(0, _slot.In(Data));
    }

    [Fact]
    public void Dma_is_announced()
    {
        Assert.Equal(3, Read(FwCfgKeys.Features, 4)[0]);
        Assert.Equal(0x554D_4551UL, _slot.In(Dma, AccessSize.Dword));
        Assert.Equal(0x4746_4320UL, _slot.In(Dma + 4, AccessSize.Dword));
        Assert.Equal((byte)'Q', _slot.In(Dma));
    }

    [Fact]
    public void The_directory_names_the_files_in_their_order()
    {
        byte[] directory = Read(FwCfgKeys.Directory, 4 + (4 * 64) + 1);
        Assert.Equal(4u, BinaryPrimitives.ReadUInt32BigEndian(directory));
        string[] names = ["bootorder", "etc/kept", "etc/made", "etc/z"];
        uint[] lengths = [2, 8, 2, 3];
        for (int i = 0; i < names.Length; i++)
        {
            Span<byte> entry = directory.AsSpan(4 + (i * 64), 64);
            Assert.Equal(lengths[i], BinaryPrimitives.ReadUInt32BigEndian(entry));
            Assert.Equal(FwCfgKeys.FirstFile + i, BinaryPrimitives.ReadUInt16BigEndian(entry[4..]));
            Assert.Equal(names[i], Encoding.ASCII.GetString(entry[8..]).TrimEnd('\0'));
        }

        Assert.Equal([1, 2, 3, 0], Read(0x23, 4));
    }

    [Fact]
    public void A_made_file_is_made_when_it_is_selected()
    {
        Assert.Equal([1, 1], Read(0x22, 2));
        _made = 7;
        Assert.Equal([7, 7], Read(0x22, 2));
    }

    [Fact]
    public void Dma_selects_reads_skips_and_fills_with_zeros()
    {
        Assert.Equal(0u, Command(0x0023_000Au, 1, 0x2000));
        Assert.Equal(1, _slot.Memory.Ram[0x2000]);
        Assert.Equal(0u, Command(4, 1, 0));
        Array.Fill(_slot.Memory.Ram, (byte)0xAA, 0x2000, 8);
        Assert.Equal(0u, Command(2, 6, 0x2000));
        Assert.Equal([3, 0, 0, 0, 0, 0, 0xAA, 0xAA], _slot.Memory.Ram[0x2000..0x2008]);
    }

    [Fact]
    public void Dma_writes_only_what_may_be_written()
    {
        _slot.Memory.Ram[0x3000] = 0x55;
        Assert.Equal(0u, Command(0x0021_0018u, 8, 0x3000));
        Assert.Equal(0x55, _kept.Bytes[0]);
        Assert.Equal(1u, Command(0x0021_0018u, 9, 0x3000));
        Assert.Equal(1u, Command(0x0023_0018u, 1, 0x3000));
        Assert.Equal(1u, Command(0x7777_0018u, 1, 0x3000));
        _device.Reset(ResetKind.Hard);
        Assert.Equal(0, _kept.Bytes[0]);
    }

    [Fact]
    public void A_command_that_would_take_for_ever_is_refused() => Assert.Equal(1u, Command(0x0023_000Au, uint.MaxValue, 0x2000));

    [Fact]
    public void Hostile_traffic_is_harmless_and_a_restored_device_goes_on()
    {
        for (int round = 0; round < 20; round++)
        {
            FakeSlot slot = new();
            Device device = slot.Plug(NewDevice());
            new Traffic(slot, seed: round).Run(20_000);
            StateTape saved = StateTape.Of(device);
            FakeSlot other = new();
            Device twin = other.Plug(NewDevice());
            new Traffic(other, seed: 50 + round).Run(100);
            slot.Memory.Ram.CopyTo(other.Memory.Ram, 0);
            twin.Restore(saved);
            new Traffic(slot, seed: 99).Run(500);
            new Traffic(other, seed: 99).Run(500);
            Assert.Equal(StateTape.Of(device).Text, StateTape.Of(twin).Text);
        }
    }

    private static Device NewDevice() => new([FwCfgItem.File("a", new byte[100]), FwCfgItem.KeptFile("b", 16, isGuestWritable: true)]);

    private byte[] Read(ushort key, int count)
    {
        _slot.Out(Selector, AccessSize.Word, key);
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = _slot.In(Data);
        }

        return bytes;
    }

    private uint Command(uint control, uint length, ulong address)
    {
        Span<byte> command = _slot.Memory.Ram.AsSpan((int)CommandAt);
        BinaryPrimitives.WriteUInt32BigEndian(command, control);
        BinaryPrimitives.WriteUInt32BigEndian(command[4..], length);
        BinaryPrimitives.WriteUInt64BigEndian(command[8..], address);
        _slot.Out(Dma, AccessSize.Dword, 0);
        _slot.Out(Dma + 4, AccessSize.Dword, BinaryPrimitives.ReverseEndianness(CommandAt));
        return BinaryPrimitives.ReadUInt32BigEndian(command);
    }
}

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Devices.Storage.Ide;
using Doppel.Devices.Storage.Ide.Ata;
using Doppel.Devices.Storage.Ide.Atapi;
using Doppel.Devices.Tests.Doubles;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Storage;

/// <summary>A medium in memory that can be made to fail.</summary>
internal sealed class TestMedium(int lengthBytes) : IBlockBackend
{
    public byte[] Bytes { get; } = new byte[lengthBytes];

    public BlockStatus ReadStatus { get; set; }

    public BlockStatus WriteStatus { get; set; }

    public BlockStatus FlushStatus { get; set; }

    public int Writes { get; private set; }

    public int Flushes { get; private set; }

    public long LengthBytes => Bytes.Length;

    public bool IsReadOnly => WriteStatus == BlockStatus.ReadOnly;

    public string Description => "test";

    /// <summary>A medium whose every byte depends on its place.</summary>
    public static TestMedium Patterned(int lengthBytes)
    {
        TestMedium medium = new(lengthBytes);
        for (int i = 0; i < lengthBytes; i++)
        {
            medium.Bytes[i] = (byte)((i * 7) ^ (i >> 9));
        }

        return medium;
    }

    public BlockStatus Read(long offset, Span<byte> to)
    {
        Assert.True(offset >= 0);
        if (offset > Bytes.Length - to.Length)
        {
            return BlockStatus.OutOfRange;
        }

        if (ReadStatus == BlockStatus.Done)
        {
            Bytes.AsSpan((int)offset, to.Length).CopyTo(to);
        }

        return ReadStatus;
    }

    public BlockStatus Write(long offset, ReadOnlySpan<byte> from)
    {
        Assert.True(offset >= 0);
        if (offset > Bytes.Length - from.Length)
        {
            return BlockStatus.OutOfRange;
        }

        Writes++;
        if (WriteStatus == BlockStatus.Done)
        {
            from.CopyTo(Bytes.AsSpan((int)offset));
        }

        return WriteStatus;
    }

    public BlockStatus Flush()
    {
        Flushes++;
        return FlushStatus;
    }

    public void Dispose()
    {
    }
}

/// <summary>The controller in a slot with ports, as a guest sees it after firmware has enabled it; bus-master registers at C000.</summary>
internal sealed class IdeRig : IDeviceSlot, IExpansionWindow
{
    public const ushort Primary = 0x1F0;
    public const ushort Secondary = 0x170;
    public const ushort Master = 0xC000;

    private readonly List<Claim> _claims = [];

    public IdeRig(IdeDrive?[] drives, bool enable = true)
    {
        Ide = new Piix3Ide(drives);
        Ide.Connect(this);
        Ide.Reset(ResetKind.PowerOn);
        if (enable)
        {
            Enable();
        }
    }

    /// <summary>The media of its drives, where a test keeps them.</summary>
    public TestMedium[] Media { get; init; } = [];

    public Piix3Ide Ide { get; }

    public FakeClock Time { get; } = new();

    public FakeMemory Memory { get; } = new();

    public FakeLine[] Lines { get; } = [new FakeLine(), new FakeLine()];

    public IDmaPort Dma => Memory;

    public IGuestClock Clock => Time;

    public IBoardControl Board { get; } = new FakeBoard();

    public IExpansionWindow Expansion => this;

    /// <summary>A disk of 2,048 patterned sectors as the primary master.</summary>
    public static IdeRig WithDisk(out TestMedium medium)
    {
        medium = TestMedium.Patterned(2048 * 512);
        return new IdeRig([new AtaDisk("disk0", medium, DriveIdentity.Disk(0))]);
    }

    /// <summary>A CD-ROM drive as the secondary master, past its power-on attention.</summary>
    public static IdeRig WithCdrom(out AtapiCdrom drive, out TestMedium medium)
    {
        medium = TestMedium.Patterned(100 * 2048);
        drive = new AtapiCdrom("cdrom0", medium, DriveIdentity.Cdrom(0));
        IdeRig rig = new([null, null, drive]);
        _ = rig.Packet([0x03, 0, 0, 0, 18]);
        return rig;
    }

    public void Enable()
    {
        Ide.WriteConfig(0x04, AccessSize.Word, 5);
        Ide.WriteConfig(0x20, AccessSize.Dword, Master);
        Ide.WriteConfig(0x40, AccessSize.Dword, 0x8000_8000);
    }

    public void Wait() => Time.Advance(10_000_000);

    public byte In(int port) => (byte)In(port, AccessSize.Byte);

    public ulong In(int port, AccessSize size)
    {
        Claim? claim = _claims.Find(c => c.Holds(port, size));
        if (claim is null)
        {
            return size.AllOnes();
        }

        Assert.True(claim.Block.TryRead((uint)(port - claim.First!.Value), size, out ulong value));
        Assert.Equal(0UL, value & ~size.AllOnes());
        return value;
    }

    public void Out(int port, ulong value, AccessSize size = AccessSize.Byte)
    {
        if (_claims.Find(c => c.Holds(port, size)) is { } claim)
        {
            Assert.True(claim.Block.TryWrite((uint)(port - claim.First!.Value), size, value & size.AllOnes()));
        }
    }

    /// <summary>Reads many elements of the data port at once, as REP INS does; what it says was left is read one by one.</summary>
    public byte[] ReadManyWords(int words, int port = Primary)
    {
        byte[] data = new byte[words * 2];
        Claim claim = _claims.Find(c => c.Holds(port, AccessSize.Word))!;
        int done = claim.Block.ReadMany(0, AccessSize.Word, data);
        ReadWords(words - done, port).CopyTo(data, done * 2);
        return data;
    }

    /// <summary>Writes many elements of the data port at once, as REP OUTS does; what it says was left is written one by one.</summary>
    public int WriteManyWords(ReadOnlySpan<byte> data, int port = Primary)
    {
        int done = _claims.Find(c => c.Holds(port, AccessSize.Word))!.Block.WriteMany(0, AccessSize.Word, data);
        WriteWords(data[(done * 2)..], port);
        return done;
    }

    /// <summary>Writes a command with its arguments to the primary channel.</summary>
    public void Command(byte command, byte count = 0, uint lba = 0, byte device = 0xE0, byte features = 0, int port = Primary)
    {
        Out(port + 6, (ulong)(device | ((lba >> 24) & 15)));
        Out(port + 1, features);
        Out(port + 2, count);
        Out(port + 3, lba & 0xFF);
        Out(port + 4, (lba >> 8) & 0xFF);
        Out(port + 5, (lba >> 16) & 0xFF);
        Out(port + 7, command);
    }

    /// <summary>Writes a 48-bit command.</summary>
    public void CommandExt(byte command, int count, long lba)
    {
        Out(Primary + 6, 0xE0);
        Out(Primary + 2, (ulong)(count >> 8) & 0xFF);
        Out(Primary + 3, (ulong)(lba >> 24) & 0xFF);
        Out(Primary + 4, (ulong)(lba >> 32) & 0xFF);
        Out(Primary + 5, (ulong)(lba >> 40) & 0xFF);
        Out(Primary + 2, (ulong)count & 0xFF);
        Out(Primary + 3, (ulong)lba & 0xFF);
        Out(Primary + 4, (ulong)(lba >> 8) & 0xFF);
        Out(Primary + 5, (ulong)(lba >> 16) & 0xFF);
        Out(Primary + 7, command);
    }

    public byte[] ReadWords(int words, int port = Primary)
    {
        byte[] data = new byte[words * 2];
        for (int i = 0; i < words; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(i * 2), (ushort)In(port, AccessSize.Word));
        }

        return data;
    }

    public void WriteWords(ReadOnlySpan<byte> data, int port = Primary)
    {
        for (int i = 0; i < data.Length; i += 2)
        {
            Out(port, (ulong)(data[i] | (i + 1 < data.Length ? data[i + 1] << 8 : 0)), AccessSize.Word);
        }
    }

    /// <summary>Sends a packet to the secondary master and reads all it answers by PIO. The status is left for the caller.</summary>
    public byte[] Packet(ReadOnlySpan<byte> packet, int limit = 0xFFFE, ReadOnlySpan<byte> list = default)
    {
        StartPacket(packet, limit);
        List<byte> answer = [];
        int sent = 0;
        for (int blocks = 0; (In(Secondary + 0x206) & 0x08) != 0; blocks++)
        {
            Assert.True(blocks < 10_000);
            Assert.Equal(0x58, In(Secondary + 7));
            int count = In(Secondary + 4) | (In(Secondary + 5) << 8);
            Assert.InRange(count, 1, limit == 0 ? 0xFFFE : Math.Max(2, limit));
            if (In(Secondary + 2) == 2)
            {
                byte[] block = ReadWords((count + 1) / 2, Secondary);
                answer.AddRange(block[..count]);
            }
            else
            {
                WriteWords(list.Slice(sent, count), Secondary);
                sent += count;
            }

            Wait();
        }

        Assert.Equal(3, In(Secondary + 2));
        return [.. answer];
    }

    public void StartPacket(ReadOnlySpan<byte> packet, int limit, bool dma = false)
    {
        byte[] all = new byte[12];
        packet.CopyTo(all);
        Command(0xA0, 0, (uint)limit << 8, 0xA0, dma ? (byte)1 : (byte)0, Secondary);
        Assert.Equal(0xD0, In(Secondary + 0x206));
        Wait();
        Assert.Equal(0x58, In(Secondary + 0x206));
        Assert.Equal(1, In(Secondary + 2));
        WriteWords(all, Secondary);
        Wait();
    }

    /// <summary>Writes region descriptors at 0x100 and points a channel's bus master there.</summary>
    public void Table(int channel, params (uint Address, int Count, bool IsLast)[] regions)
    {
        for (int i = 0; i < regions.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Memory.Ram.AsSpan(0x100 + (i * 8)), regions[i].Address);
            BinaryPrimitives.WriteUInt32LittleEndian(Memory.Ram.AsSpan(0x104 + (i * 8)), (uint)regions[i].Count | (regions[i].IsLast ? 0x8000_0000 : 0));
        }

        Out(Master + (channel * 8) + 4, 0x100, AccessSize.Dword);
    }

    public IInterruptLine Line(int irq) => Lines[irq - 14];

    public void ClaimPorts(string region, ushort first, ushort count, IRegisterBlock block, AccessSize widest = AccessSize.Byte) =>
        Assert.Fail("the controller has no fixed ports");

    public IMmioClaim ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword) => throw new NotSupportedException();

    IPortClaim IExpansionWindow.ClaimPorts(string region, uint count, IRegisterBlock block, AccessSize widest)
    {
        Claim claim = new(count, block, widest);
        _claims.Add(claim);
        return claim;
    }

    IMmioClaim IExpansionWindow.ClaimRam(string region, GuestRam ram, long offset, ulong lengthBytes) => throw new NotSupportedException();

    private sealed class Claim(uint count, IRegisterBlock block, AccessSize widest) : IPortClaim
    {
        public uint? First { get; private set; }

        public IRegisterBlock Block { get; } = block;

        public void Map(uint first) => First = first;

        public void Unmap() => First = null;

        public bool Holds(int port, AccessSize size) => First is { } first && port >= first && port + (int)size <= first + count && size <= widest;
    }
}

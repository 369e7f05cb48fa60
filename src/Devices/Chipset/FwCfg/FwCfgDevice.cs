using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.FwCfg.FwCfgRegisters;

namespace Doppel.Devices.Chipset.FwCfg;

/// <summary>
/// The firmware configuration device (QEMU documentation, "fw_cfg"): items by key and files by name, read through a selector at port 0x510 and a data
/// port at 0x511, or by DMA through a big-endian address at 0x514. The items are fixed when the device is made. Writes to the data port vanish, as
/// they do on present boards; writes by DMA reach files that may be written.
/// </summary>
public sealed class FwCfgDevice : IDevice, IRegisterBlock
{
    private const int DirectoryHeadBytes = 4;
    private const int DirectoryEntryBytes = 64;

    // What one command may fill with zeros behind an item's end: no firmware asks for more, and it bounds the time that a command takes.
    private const uint MaxTransferBytes = 64 << 20;
    private const int ChunkBytes = 0x1000;

    private static readonly byte[] s_zeros = new byte[ChunkBytes];

    private readonly SortedDictionary<ushort, FwCfgItem> _items = [];
    private readonly DmaRegisters _dmaPorts;
    private IDmaPort _dma = null!;
    private ushort _key;
    private uint _position;
    private uint _dmaHigh;
    private byte[]? _selected;

    /// <summary>The device with <paramref name="items"/>; files get keys in the order of their names.</summary>
    public FwCfgDevice(IReadOnlyList<FwCfgItem> items)
    {
        _dmaPorts = new DmaRegisters(this);
        Add(FwCfgKeys.Signature, FwCfgItem.Constant(FwCfgKeys.Signature, "QEMU"u8.ToArray()));
        Add(FwCfgKeys.Features, FwCfgItem.Constant(FwCfgKeys.Features, [3, 0, 0, 0]));
        ushort next = FwCfgKeys.FirstFile;
        List<(ushort Key, FwCfgItem File)> files = [];
        foreach (FwCfgItem item in items.OrderBy(i => i.Name, StringComparer.Ordinal))
        {
            ushort key = item.Name.Length == 0 ? item.Key : next++;
            Add(key, item);
            if (item.Name.Length != 0)
            {
                files.Add((key, item));
            }
        }

        Add(FwCfgKeys.Directory, FwCfgItem.Constant(FwCfgKeys.Directory, DirectoryOf(files)));
    }

    /// <inheritdoc/>
    public string Name => "fwcfg";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _dma = slot.Dma;
        slot.ClaimPorts("fwcfg", FirstPort, 2, this, AccessSize.Word);
        slot.ClaimPorts("fwcfg.dma", DmaPort, 8, _dmaPorts, AccessSize.Dword);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        Select(0);
        _dmaHigh = 0;
        foreach (FwCfgItem item in _items.Values)
        {
            // What the guest wrote holds addresses in memory that it has lost.
            if (item.IsGuestWritable)
            {
                item.Bytes.Clear();
            }
        }
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = 0;
        if (offset != DataOffset || size != AccessSize.Byte)
        {
            return false;
        }

        byte[] bytes = Selected;
        if (_position < (uint)bytes.Length)
        {
            value = bytes[_position++];
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        if (offset == 0 && size == AccessSize.Word)
        {
            Select((ushort)value);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("key", (ulong)_key);
        to.Write("position", (ulong)_position);
        to.Write("dmaHigh", (ulong)_dmaHigh);
        foreach (FwCfgItem item in _items.Values)
        {
            if (item.IsKept)
            {
                to.Write("item", item.Bytes);
            }
        }

        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        Select((ushort)from.ReadUnsigned("key", KeyBits));
        _position = (uint)from.ReadUnsigned("position", FwCfgItem.MaxBytes);
        _dmaHigh = (uint)from.ReadUnsigned("dmaHigh", uint.MaxValue);
        foreach (FwCfgItem item in _items.Values)
        {
            if (item.IsKept)
            {
                from.ReadBytes("item", item.Bytes);
            }
        }

        from.End();
    }

    // Made at the first read: after a restore the parts that it tells of are restored by then.
    private byte[] Selected => _selected ??= _items.TryGetValue(_key, out FwCfgItem? item) ? item.Take() : [];

    private void Select(ushort key)
    {
        _key = (ushort)(key & KeyBits);
        _position = 0;
        _selected = null;
    }

    private void Add(ushort key, FwCfgItem item)
    {
        if (!_items.TryAdd(key, item))
        {
            throw new ArgumentException($"two items have key {key:X4}", nameof(item));
        }
    }

    private static byte[] DirectoryOf(List<(ushort Key, FwCfgItem File)> files)
    {
        byte[] directory = new byte[DirectoryHeadBytes + (files.Count * DirectoryEntryBytes)];
        BinaryPrimitives.WriteUInt32BigEndian(directory, (uint)files.Count);
        Span<byte> rest = directory.AsSpan(DirectoryHeadBytes);
        foreach ((ushort key, FwCfgItem file) in files)
        {
            BinaryPrimitives.WriteUInt32BigEndian(rest, (uint)file.LengthBytes);
            BinaryPrimitives.WriteUInt16BigEndian(rest[4..], key);
            _ = Encoding.ASCII.GetBytes(file.Name, rest[8..]);
            rest = rest[DirectoryEntryBytes..];
        }

        return directory;
    }

    // A command block: control, length, address, all big-endian. The control word is written back when it is done: 0, or the error bit.
    private void RunDma(Gpa at)
    {
        Span<byte> command = stackalloc byte[DmaCommandBytes];
        if (!_dma.TryRead(at, command))
        {
            return;
        }

        uint control = BinaryPrimitives.ReadUInt32BigEndian(command);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(command[4..]);
        Gpa address = new(BinaryPrimitives.ReadUInt64BigEndian(command[8..]));
        if ((control & DmaSelect) != 0)
        {
            Select((ushort)(control >> 16));
        }

        bool isDone = true;
        if ((control & DmaRead) != 0)
        {
            isDone = length <= MaxTransferBytes && ReadItem(address, length);
        }
        else if ((control & DmaWrite) != 0)
        {
            isDone = WriteItem(address, length);
        }
        else if ((control & DmaSkip) != 0)
        {
            Advance(length);
        }

        BinaryPrimitives.WriteUInt32BigEndian(command, isDone ? 0 : DmaError);
        _ = _dma.TryWrite(at, command[..4]);
    }

    private bool ReadItem(Gpa to, uint length)
    {
        ReadOnlySpan<byte> rest = Selected.AsSpan((int)Math.Min(_position, (uint)Selected.Length));
        int given = (int)Math.Min(length, (uint)rest.Length);
        bool isDone = _dma.TryWrite(to, rest[..given]);
        for (uint done = (uint)given; done < length && isDone; done += ChunkBytes)
        {
            isDone = _dma.TryWrite(to + done, s_zeros.AsSpan(0, (int)Math.Min(ChunkBytes, length - done)));
        }

        Advance(length);
        return isDone;
    }

    private bool WriteItem(Gpa from, uint length)
    {
        if (!_items.TryGetValue(_key, out FwCfgItem? item) || !item.IsGuestWritable || _position > item.LengthBytes || length > item.LengthBytes - _position)
        {
            return false;
        }

        bool isDone = _dma.TryRead(from, item.Bytes.Slice((int)_position, (int)length));
        Advance(length);
        return isDone;
    }

    private void Advance(uint length) => _position = (uint)Math.Min(_position + (ulong)length, (ulong)Selected.Length);

    /// <summary>The DMA address: high half, then the low half, whose write starts the command.</summary>
    private sealed class DmaRegisters(FwCfgDevice owner) : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = (DmaSignature >> (int)(8 * offset)) & size.AllOnes();
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value)
        {
            if (size != AccessSize.Dword)
            {
                return false;
            }

            uint half = BinaryPrimitives.ReverseEndianness((uint)value);
            if (offset == 0)
            {
                owner._dmaHigh = half;
                return true;
            }

            Gpa at = new(((ulong)owner._dmaHigh << 32) | half);
            owner._dmaHigh = 0;
            owner.RunDma(at);
            return true;
        }
    }
}

using System;
using System.Buffers.Binary;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide;

/// <summary>
/// The bus master of one channel (82371SB datasheet 2.7 and 3.6): walks a table of physical region descriptors, each an even address, an even
/// byte count (0 is 65,536) and an end mark. A table shorter than the transfer leaves "active" down and the drive waiting; a longer one
/// leaves it up until the guest stops it. The table pointer counts within its 64 KiB, as the table must lie there.
/// </summary>
internal sealed class BusMaster
{
    private const uint EndOfTable = 0x8000_0000;

    private readonly IDmaPort _dma;
    private byte _command;
    private byte _status;
    private uint _table;
    private uint _next;
    private uint _address;
    private int _left;
    private bool _isLast;

    /// <summary>Moves through <paramref name="dma"/>.</summary>
    public BusMaster(IDmaPort dma) => _dma = dma;

    /// <summary>Called when it was started.</summary>
    public Action? Started { get; set; }

    /// <summary>Whether it may move something.</summary>
    public bool IsActive => (_status & BusMasterBit.Active) != 0;

    /// <summary>Power-on or the reset line.</summary>
    public void Reset()
    {
        _command = 0;
        _status = 0;
        _table = 0;
        Forget();
    }

    /// <summary>The drive's interrupt line rose.</summary>
    public void NoteInterrupt() => _status |= BusMasterBit.Interrupt;

    /// <summary>Reads a register byte, 0 to 7.</summary>
    public byte Read(uint offset) => offset switch
    {
        0 => _command,
        2 => _status,
        >= 4 => (byte)(_table >> (int)((offset - 4) * 8)),
        _ => 0,
    };

    /// <summary>Writes a register byte, 0 to 7.</summary>
    public void Write(uint offset, byte value)
    {
        switch (offset)
        {
            case 0:
                WriteCommand(value);
                break;
            case 2:
                _status &= (byte)~(value & (BusMasterBit.Error | BusMasterBit.Interrupt));
                _status = (byte)((_status & ~BusMasterBit.Capable) | (value & BusMasterBit.Capable));
                break;
            case >= 4:
                int shift = (int)((offset - 4) * 8);
                _table = ((_table & ~(0xFFu << shift)) | ((uint)value << shift)) & ~3u;
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// Moves <paramref name="data"/> into memory as far as the table goes. 0 also while it is stopped, set to the other direction, or off the bus.
    /// Every descriptor moves 2 bytes or more, so the work is bounded by the data.
    /// </summary>
    public int MoveToMemory(ReadOnlySpan<byte> data)
    {
        int done = 0;
        while (done < data.Length && Piece(data.Length - done, toMemory: true) is var count and > 0
            && _dma.TryWrite(new Gpa(_address), data.Slice(done, count)))
        {
            done += count;
            Moved(count);
        }

        return done;
    }

    /// <summary>Fills <paramref name="data"/> from memory as far as the table goes.</summary>
    public int MoveFromMemory(Span<byte> data)
    {
        int done = 0;
        while (done < data.Length && Piece(data.Length - done, toMemory: false) is var count and > 0
            && _dma.TryRead(new Gpa(_address), data.Slice(done, count)))
        {
            done += count;
            Moved(count);
        }

        return done;
    }

    public void Save(IStateWriter to)
    {
        to.Write("command", (ulong)_command);
        to.Write("status", (ulong)_status);
        to.Write("table", (ulong)_table);
        to.Write("next", (ulong)_next);
        to.Write("address", (ulong)_address);
        to.Write("left", (ulong)_left);
        to.Write("isLast", _isLast);
    }

    public void Restore(IStateReader from)
    {
        _command = (byte)(from.ReadUnsigned("command", 0xFF) & (BusMasterBit.Start | BusMasterBit.ToMemory));
        _status = (byte)(from.ReadUnsigned("status", 0xFF) & (BusMasterBit.Active | BusMasterBit.Error | BusMasterBit.Interrupt | BusMasterBit.Capable));
        _table = (uint)from.ReadUnsigned("table", uint.MaxValue);
        _next = (uint)from.ReadUnsigned("next", uint.MaxValue);
        _address = (uint)from.ReadUnsigned("address", uint.MaxValue);
        _left = (int)from.ReadUnsigned("left", 0x1_0000);
        _isLast = from.ReadBool("isLast");
    }

    private void WriteCommand(byte value)
    {
        bool wasStarted = (_command & BusMasterBit.Start) != 0;
        _command = (byte)(value & (BusMasterBit.Start | BusMasterBit.ToMemory));
        bool isStarted = (_command & BusMasterBit.Start) != 0;
        if (isStarted == wasStarted)
        {
            return;
        }

        // Stopping loses where it was: it cannot go on, only start anew.
        Forget();
        if (isStarted)
        {
            _next = _table;
            _status |= BusMasterBit.Active;
            Started?.Invoke();
        }
        else
        {
            _status &= unchecked((byte)~BusMasterBit.Active);
        }
    }

    private void Forget()
    {
        _next = 0;
        _address = 0;
        _left = 0;
        _isLast = false;
    }

    // How many bytes can move next at the current address; 0: none.
    private int Piece(int wanted, bool toMemory)
    {
        if (!IsActive || ((_command & BusMasterBit.ToMemory) != 0) != toMemory || (_left == 0 && !TryLoad()))
        {
            return 0;
        }

        // The address has 32 bits: a region that would leave them goes on at 0.
        return (int)Math.Min(Math.Min(wanted, _left), 0x1_0000_0000L - _address);
    }

    private bool TryLoad()
    {
        Span<byte> descriptor = stackalloc byte[8];
        if (!_dma.TryRead(new Gpa(_next), descriptor))
        {
            return false;
        }

        _address = BinaryPrimitives.ReadUInt32LittleEndian(descriptor) & ~1u;
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[4..]);
        _left = (int)(word & 0xFFFE);
        _left = _left == 0 ? 0x1_0000 : _left;
        _isLast = (word & EndOfTable) != 0;
        _next = (_next & 0xFFFF_0000) | ((_next + 8) & 0xFFFF);
        return true;
    }

    private void Moved(int count)
    {
        _address += (uint)count;
        _left -= count;
        if (_left == 0 && _isLast)
        {
            _status &= unchecked((byte)~BusMasterBit.Active);
        }
    }
}

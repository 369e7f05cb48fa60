using System;
using Doppel.Backends;
using Doppel.Memory;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Flash.FlashCommands;

namespace Doppel.Devices.Chipset.Flash;

/// <summary>
/// A parallel NOR flash chip, eight bits wide, with the Intel basic command set: where UEFI firmware keeps its variables. It is memory to read until a
/// command is written; programming clears bits, erasing sets those of a block. Both are done at once. What changes goes to the medium
/// behind it too. Not modelled: the write buffer, suspension, locks, protection registers.
/// </summary>
public sealed class FlashDevice : IDevice, IRegisterBlock
{
    /// <summary>Size of an erase block.</summary>
    public const int BlockBytes = 0x1000;

    /// <summary>Most bytes of a chip.</summary>
    public const int MaxBytes = 16 << 20;

    private readonly GuestRam _memory;
    private readonly Gpa _at;
    private readonly int _length;
    private readonly IBlockBackend? _medium;
    private IRomClaim _claim = null!;
    private FlashMode _mode;
    private byte _pending;
    private byte _status = Ready;

    /// <summary>A chip whose contents are the first <paramref name="lengthBytes"/> of <paramref name="memory"/>, which stays the caller's.</summary>
    /// <param name="memory">The contents.</param>
    /// <param name="lengthBytes">Size, a multiple of <see cref="BlockBytes"/> up to <see cref="MaxBytes"/>.</param>
    /// <param name="at">Where it is seen.</param>
    /// <param name="medium">Follows every change, or null.</param>
    public FlashDevice(GuestRam memory, int lengthBytes, Gpa at, IBlockBackend? medium)
    {
        if (lengthBytes is <= 0 or > MaxBytes || lengthBytes % BlockBytes != 0 || lengthBytes > memory.LengthBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), "a chip has whole blocks, 16 MiB at most");
        }

        _memory = memory;
        _length = lengthBytes;
        _at = at;
        _medium = medium;
    }

    /// <inheritdoc/>
    public string Name => "flash";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot) => _claim = slot.ClaimRom("flash", _memory, (ulong)_length, this, AccessSize.Qword);

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _pending = 0;
        _status = Ready;
        _claim.Map(_at);
        Show(FlashMode.Array);
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = 0;
        for (int i = 0; i < (int)size; i++)
        {
            value |= (ulong)ReadByte(offset + (uint)i) << (8 * i);
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        byte command = (byte)value;
        switch (_pending)
        {
            case Program:
                _pending = 0;
                Change(offset, (int)size, value);
                _status |= Ready;
                break;
            case Erase:
                _pending = 0;
                EndErase(offset, command);
                break;
            default:
                Begin(command);
                break;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("mode", (ulong)_mode);
        to.Write("pending", (ulong)_pending);
        to.Write("status", (ulong)_status);
        to.Write("contents", _memory.Read(0, _length));
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        FlashMode mode = (FlashMode)from.ReadUnsigned("mode", (ulong)FlashMode.Query);
        _pending = (byte)from.ReadUnsigned("pending", byte.MaxValue);
        if (_pending is not (0 or Program or Erase))
        {
            throw new StateFormatException("flash: no such command waits");
        }

        _status = (byte)from.ReadUnsigned("status", byte.MaxValue);
        byte[] contents = new byte[_length];
        from.ReadBytes("contents", contents);
        from.End();
        if (!_memory.Read(0, _length).SequenceEqual(contents))
        {
            _memory.Write(0, contents);
            Follow(0, contents);
        }

        _claim.Map(_at);
        Show(mode);
    }

    private void Begin(byte command)
    {
        switch (command)
        {
            case ReadArray or ReadArrayToo:
                Show(FlashMode.Array);
                break;
            case ClearStatus:
                // All bits, the ready bit too: by this firmware tells such a chip from RAM and ROM.
                _status = 0;
                Show(FlashMode.Array);
                break;
            case ReadStatus:
                Show(FlashMode.Status);
                break;
            case ReadIdentity:
                Show(FlashMode.Identity);
                break;
            case ReadQuery:
                Show(FlashMode.Query);
                break;
            case Program or ProgramToo:
                _pending = Program;
                Show(FlashMode.Status);
                break;
            case Erase:
                _pending = Erase;
                Show(FlashMode.Status);
                break;
            default:
                break;
        }
    }

    private void EndErase(uint offset, byte confirmation)
    {
        if (confirmation != Confirm)
        {
            // A wrong sequence is told by both bits.
            _status |= Ready | EraseFailed | ProgramFailed;
            return;
        }

        int block = (int)(offset & ~(uint)(BlockBytes - 1));
        _memory.Fill(block, BlockBytes, 0xFF);
        Follow(block, _memory.Read(block, BlockBytes));
        _status |= Ready;
    }

    private void Change(uint offset, int count, ulong value)
    {
        if (offset > (uint)(_length - count))
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)(_memory.Read(offset + i, 1)[0] & (byte)(value >> (8 * i)));
        }

        _memory.Write(offset, bytes[..count]);
        Follow((int)offset, bytes[..count]);
    }

    private void Follow(int offset, ReadOnlySpan<byte> bytes)
    {
        if (_medium is not null && _medium.Write(offset, bytes) != BlockStatus.Done)
        {
            // The guest cannot be helped, but is told.
            _status |= ProgramFailed;
        }
    }

    private byte ReadByte(uint offset) => offset >= (uint)_length ? (byte)0xFF : _mode switch
    {
        FlashMode.Status => _status,
        FlashMode.Identity => (offset & 1) == 0 ? Manufacturer : DeviceCode,
        FlashMode.Query => FlashQuery.Read(offset, _length, BlockBytes),
        _ => _memory.Read(offset, 1)[0],
    };

    private void Show(FlashMode mode)
    {
        _mode = mode;
        _claim.ShowRegisters(mode != FlashMode.Array);
    }
}

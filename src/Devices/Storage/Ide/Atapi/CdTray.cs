using System;
using Doppel.Backends;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide.Atapi;

/// <summary>The tray of a CD-ROM drive, what lies on it, and what of its changes the host has not heard yet. One data track of 2,048-byte sectors.</summary>
internal sealed class CdTray
{
    /// <summary>Bytes of user data a sector.</summary>
    public const int SectorBytes = 2048;

    private const long LargestCd = 900L << 20;
    private const byte NewMedium = 2;
    private const byte Removal = 3;

    private bool _hasMedium;
    private bool _mediumChanged;
    private bool _wasReset;
    private byte _event;

    /// <summary>What lies on the tray.</summary>
    public IBlockBackend? Medium { get; private set; }

    /// <summary>Whether the tray is out.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether the host locked it.</summary>
    public bool IsLocked { get; set; }

    /// <summary>Whether a medium can be read.</summary>
    public bool IsReady => Medium is not null && !IsOpen;

    /// <summary>Sectors of the medium; the last may be filled up with zeros.</summary>
    public long Sectors => Medium is null ? 0 : Math.Min((Medium.LengthBytes / SectorBytes) + (Medium.LengthBytes % SectorBytes != 0 ? 1 : 0), int.MaxValue);

    /// <summary>Whether the medium is larger than a CD can be.</summary>
    public bool IsDvd => Medium is { } medium && medium.LengthBytes > LargestCd;

    /// <summary>Why there is nothing to read.</summary>
    public Sense NotReady => IsOpen ? Sense.TrayOpen : Sense.NoMedium;

    /// <summary>The tray at power-on, with what lies on it.</summary>
    public void Reset()
    {
        IsOpen = false;
        IsLocked = false;
        _hasMedium = Medium is not null;
        _mediumChanged = false;
        _wasReset = true;
        _event = 0;
    }

    /// <summary>Somebody changes the medium; the tray ends closed.</summary>
    public void Insert(IBlockBackend? medium)
    {
        Medium = medium;
        IsOpen = false;
        NoteMedium();
    }

    /// <summary>The host opens the tray.</summary>
    public void Open()
    {
        if (!IsOpen)
        {
            IsOpen = true;
            _event = Removal;
        }
    }

    /// <summary>The host closes it.</summary>
    public void Close()
    {
        if (IsOpen)
        {
            IsOpen = false;
            NoteMedium();
        }
    }

    /// <summary>What the host has to hear before anything else, once.</summary>
    public Sense TakeAttention()
    {
        Sense sense = _wasReset ? Sense.WasReset : _mediumChanged ? Sense.MediumChanged : Sense.None;
        if (_wasReset)
        {
            _wasReset = false;
        }
        else
        {
            _mediumChanged = false;
        }

        return sense;
    }

    /// <summary>The media event that the host has not heard yet, once.</summary>
    public byte TakeEvent()
    {
        byte code = _event;
        _event = 0;
        return code;
    }

    /// <summary>Reads user data; what lies behind the medium's end in its last sector is zero.</summary>
    public bool TryRead(long sector, Span<byte> to)
    {
        if (!IsReady || Medium is not { } medium)
        {
            return false;
        }

        long offset = sector * SectorBytes;
        int there = (int)Math.Clamp(medium.LengthBytes - offset, 0, to.Length);
        if (there < to.Length - (SectorBytes - 1))
        {
            return false;
        }

        to[there..].Clear();
        return medium.Read(offset, to[..there]) == BlockStatus.Done;
    }

    public void Save(IStateWriter to)
    {
        to.Write("hasMedium", _hasMedium);
        to.Write("isOpen", IsOpen);
        to.Write("isLocked", IsLocked);
        to.Write("mediumChanged", _mediumChanged);
        to.Write("wasReset", _wasReset);
        to.Write("event", (ulong)_event);
    }

    /// <summary>Reads it back. A medium that came or went meanwhile is a change that the host hears of.</summary>
    public void Restore(IStateReader from)
    {
        _hasMedium = from.ReadBool("hasMedium");
        IsOpen = from.ReadBool("isOpen");
        IsLocked = from.ReadBool("isLocked");
        _mediumChanged = from.ReadBool("mediumChanged");
        _wasReset = from.ReadBool("wasReset");
        _event = (byte)from.ReadUnsigned("event", Removal);
        if (_hasMedium != Medium is not null)
        {
            NoteMedium();
        }
    }

    private void NoteMedium()
    {
        _hasMedium = Medium is not null;
        _mediumChanged = _mediumChanged || _hasMedium;
        _event = _hasMedium ? NewMedium : Removal;
    }
}

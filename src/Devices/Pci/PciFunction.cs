using System;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>
/// Base of every PCI function: type 0 header, command and status, base address registers, INTx and bus-master DMA. A function is a
/// device of the board like any other (add it to the board for its slot) and a number on the bus (<see cref="PciBus.Add"/>).
/// Not modelled: capabilities other than what a device declares itself, MSI, parity and system errors.
/// </summary>
public abstract class PciFunction : IDevice
{
    private const uint RomEnable = 1;
    private const uint RomAddress = 0xFFFF_F800;

    private readonly PciBar?[] _bars = new PciBar?[6];
    private readonly BusMasterPort _dma;
    private PciBar? _rom;
    private bool _requested;
    private bool _driven;

    /// <summary>Lays out the header.</summary>
    protected PciFunction(string name, in PciIdentity identity, bool isMultiFunction = false)
    {
        Name = name;
        _dma = new BusMasterPort(this);
        Config.Define(PciRegister.VendorId, AccessSize.Word, identity.VendorId);
        Config.Define(PciRegister.DeviceId, AccessSize.Word, identity.DeviceId);
        Config.Define(PciRegister.Command, AccessSize.Word, 0, PciCommand.Io | PciCommand.Memory | PciCommand.BusMaster | PciCommand.InterruptDisable);
        Config.DefineLive(PciRegister.Status, PciStatus.Interrupt);
        Config.Define(PciRegister.Revision, AccessSize.Byte, identity.Revision);
        Config.Define(PciRegister.ClassCode, AccessSize.Byte, identity.ClassCode);
        Config.Define(PciRegister.ClassCode + 1, AccessSize.Word, identity.ClassCode >> 8);
        Config.Define(PciRegister.HeaderType, AccessSize.Byte, isMultiFunction ? 0x80UL : 0);
        Config.Define(PciRegister.SubsystemVendorId, AccessSize.Word, identity.SubsystemVendorId);
        Config.Define(PciRegister.SubsystemId, AccessSize.Word, identity.SubsystemId);
        Config.Define(PciRegister.InterruptLine, AccessSize.Byte, 0, identity.InterruptPin == 0 ? 0UL : 0xFF);
        Config.Define(PciRegister.InterruptPin, AccessSize.Byte, identity.InterruptPin);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The configuration bytes.</summary>
    public PciConfigSpace Config { get; } = new();

    /// <summary>Interrupt pin: 0 none, 1 INTA to 4 INTD.</summary>
    internal int InterruptPin => Config[PciRegister.InterruptPin];

    /// <summary>The wire of the interrupt pin; given by the bus.</summary>
    internal IInterruptLine? Wire { get; set; }

    /// <summary>Guest memory, for as long as the guest allows bus mastering.</summary>
    protected IDmaPort Dma => _dma;

    /// <summary>The command register.</summary>
    private ushort Command => Config.Word(PciRegister.Command);

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _dma.Inner = slot.Dma;
        ConnectDevice(slot);
        foreach (PciBar? bar in _bars)
        {
            bar?.Connect(slot.Expansion);
        }

        _rom?.Connect(slot.Expansion);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        Config.Reset();
        SetInterrupt(false);
        Decode();
        ResetDevice(kind);
    }

    /// <summary>Reads configuration bytes as a guest does.</summary>
    public ulong ReadConfig(int offset, AccessSize size) => Config.Read(offset, size);

    /// <summary>Writes configuration bytes as a guest does.</summary>
    public virtual void WriteConfig(int offset, AccessSize size, ulong value)
    {
        Config.Write(offset, size, value);
        if (offset < PciRegister.ExpansionRom + 4)
        {
            Decode();
            DriveInterrupt();
        }

        ConfigWritten(offset, (int)size);
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        Config.Save(to);
        to.Write("interrupt", _requested);
        SaveDevice(to);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        Config.Restore(from);
        _requested = from.ReadBool("interrupt");
        Decode();
        DriveInterrupt();
        RestoreDevice(from);
        from.End();
    }

    /// <summary>Declares base address register <paramref name="index"/> (0 to 5); in the constructor only.</summary>
    protected PciBar DefineBar(int index, PciBar bar)
    {
        bool isUpperHalf = index > 0 && _bars[index - 1] is { Is64Bit: true };
        if (_bars[index] is not null || isUpperHalf || (bar.Is64Bit && (index == 5 || _bars[index + 1] is not null)))
        {
            throw new InvalidOperationException(Name + ": no room for base address register " + index);
        }

        _bars[index] = bar;
        int offset = PciRegister.FirstBar + (index * 4);
        ulong size = ~(bar.LengthBytes - 1);
        Config.Define(offset, AccessSize.Dword, bar.Kind, size & (bar.IsIo ? 0xFFFF_FFFC : 0xFFFF_FFF0));
        if (bar.Is64Bit)
        {
            Config.Define(offset + 4, AccessSize.Dword, 0, size >> 32);
        }

        return bar;
    }

    /// <summary>
    /// Declares the expansion ROM (PCI local bus specification 3.0 section 6.2.5.2); in the constructor only. Firmware sizes, enables and
    /// copies it.
    /// </summary>
    /// <param name="region">Name of the range.</param>
    /// <param name="rom">Its bytes, a power of two of at least 4 KiB; stays the caller's.</param>
    protected PciBar DefineRom(string region, GuestRam rom)
    {
        if (_rom is not null)
        {
            throw new InvalidOperationException(Name + ": an expansion ROM is there already");
        }

        _rom = PciBar.Rom(region, rom, (ulong)rom.LengthBytes);
        Config.Define(PciRegister.ExpansionRom, AccessSize.Dword, 0, (~(_rom.LengthBytes - 1) & RomAddress) | RomEnable);
        return _rom;
    }

    /// <summary>Drives the interrupt pin; the wire follows unless the guest disabled it.</summary>
    protected void SetInterrupt(bool high)
    {
        _requested = high;
        DriveInterrupt();
    }

    /// <summary>Claims what a function claims besides its base address registers: fixed ports, lines, timers.</summary>
    protected virtual void ConnectDevice(IDeviceSlot slot)
    {
    }

    /// <summary>Resets the device behind the header, which is reset already.</summary>
    protected virtual void ResetDevice(ResetKind kind)
    {
    }

    /// <summary>A guest wrote configuration bytes; they are stored already.</summary>
    protected virtual void ConfigWritten(int offset, int length)
    {
    }

    /// <summary>Writes the fields of the device, inside the function's record.</summary>
    protected virtual void SaveDevice(IStateWriter to)
    {
    }

    /// <summary>Reads them back; the header is restored and decoded already.</summary>
    protected virtual void RestoreDevice(IStateReader from)
    {
    }

    private void DriveInterrupt()
    {
        Config.SetLive(PciRegister.Status, PciStatus.Interrupt, _requested);
        bool drive = _requested && (Command & PciCommand.InterruptDisable) == 0;
        if (drive != _driven)
        {
            _driven = drive;
            Wire?.Set(drive);
        }
    }

    private void Decode()
    {
        for (int i = 0; i < _bars.Length; i++)
        {
            if (_bars[i] is not { } bar)
            {
                continue;
            }

            int offset = PciRegister.FirstBar + (i * 4);
            ulong at = Config.Dword(offset) & (bar.IsIo ? ~3u : ~0xFu);
            at |= bar.Is64Bit ? (ulong)Config.Dword(offset + 4) << 32 : 0;
            bool decoded = (Command & (bar.IsIo ? PciCommand.Io : PciCommand.Memory)) != 0;
            bar.Map(decoded ? at : null);
        }

        if (_rom is not null)
        {
            uint register = Config.Dword(PciRegister.ExpansionRom);
            bool decoded = (register & RomEnable) != 0 && (Command & PciCommand.Memory) != 0;
            _rom.Map(decoded ? register & RomAddress : null);
        }
    }

    private sealed class BusMasterPort(PciFunction function) : IDmaPort
    {
        public IDmaPort? Inner { get; set; }

        public bool TryRead(Gpa from, Span<byte> to) => IsAllowed && Inner!.TryRead(from, to);

        public bool TryWrite(Gpa to, ReadOnlySpan<byte> from) => IsAllowed && Inner!.TryWrite(to, from);

        private bool IsAllowed => Inner is not null && (function.Command & PciCommand.BusMaster) != 0;
    }
}

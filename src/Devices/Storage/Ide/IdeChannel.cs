using System;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide;

/// <summary>
/// One cable with up to two drives: the command block's eight ports. Both drives see every write; the selected one answers. Where no drive is
/// selected and none stands in, data line 7 is pulled down and the others float high (ATA/ATAPI-6, annex A), so that registers read 7F. Without a second
/// drive the first one answers in its place, with a Status of 0 (9.16.1).
/// </summary>
internal sealed class IdeChannel : IRegisterBlock
{
    private const byte Floating = 0x7F;

    private readonly IdeDrive?[] _drives;
    private IInterruptLine? _line;
    private int _selected;
    private byte _control;
    private bool _interrupt;

    public IdeChannel(string name, IdeDrive? first, IdeDrive? second, IDmaPort dma)
    {
        Name = name;
        _drives = [first, second];
        Control = new IdeControlPort(this);
        BusMaster = new BusMaster(dma) { Started = BusMasterReady };
    }

    /// <summary>Name for timers and records: "ide0", "ide1".</summary>
    public string Name { get; }

    /// <summary>The control block's one port.</summary>
    public IRegisterBlock Control { get; }

    public BusMaster BusMaster { get; }

    private IdeDrive? Selected => _drives[_selected];

    /// <summary>Who answers reads: the selected drive, or the first for a second that is not there.</summary>
    private IdeDrive? Answering => _drives[_selected] ?? (_selected == 1 ? _drives[0] : null);

    private bool IsHighOrder => (_control & IdeControl.HighOrder) != 0;

    public void Connect(IGuestClock clock, IInterruptLine line)
    {
        _line = line;
        for (int i = 0; i < 2; i++)
        {
            _drives[i]?.Connect(this, clock, Name + (i == 0 ? ".master" : ".slave"), isSecond: i == 1, hasNeighbour: _drives[1 - i] is not null);
        }
    }

    public void Reset()
    {
        _selected = 0;
        _control = 0;
        BusMaster.Reset();
        foreach (IdeDrive? drive in _drives)
        {
            drive?.Reset();
        }

        Follow();
    }

    /// <summary>Drives the interrupt line as the selected drive and nIEN have it; the bus master notes when it rises.</summary>
    public void Follow()
    {
        bool high = Selected is { IsInterrupting: true } && (_control & IdeControl.NoInterrupt) == 0;
        if (high && !_interrupt)
        {
            BusMaster.NoteInterrupt();
        }

        _interrupt = high;
        _line?.Set(high);
    }

    /// <summary>Something may move now that could not before.</summary>
    public void BusMasterReady()
    {
        foreach (IdeDrive? drive in _drives)
        {
            drive?.BusMasterReady();
        }
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        if (offset == IdeRegister.Data)
        {
            value = Selected?.ReadData((int)size) ?? (size.AllOnes() & ~0x80UL);
            return true;
        }

        value = 0;
        for (int i = 0; i < (int)size; i++)
        {
            value |= (ulong)ReadRegister((int)offset + i) << (i * 8);
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        if (offset == IdeRegister.Data)
        {
            Selected?.WriteData((int)size, value);
            return true;
        }

        for (int i = 0; i < (int)size; i++)
        {
            WriteRegister((int)offset + i, (byte)(value >> (i * 8)));
        }

        return true;
    }

    /// <inheritdoc/>
    public int ReadMany(uint offset, AccessSize size, Span<byte> to) => offset == IdeRegister.Data ? Selected?.ReadData((int)size, to) ?? 0 : 0;

    /// <inheritdoc/>
    public int WriteMany(uint offset, AccessSize size, ReadOnlySpan<byte> from) => offset == IdeRegister.Data ? Selected?.WriteData((int)size, from) ?? 0 : 0;

    /// <summary>Alternate Status: as Status, and acknowledges nothing.</summary>
    public byte ReadStatus() => Selected is { } drive ? drive.Status : Answering is null ? Floating : (byte)0;

    /// <summary>Device Control.</summary>
    public void WriteControl(byte value)
    {
        bool wasReset = (_control & IdeControl.Reset) != 0;
        bool isReset = (value & IdeControl.Reset) != 0;
        _control = value;
        if (isReset && !wasReset)
        {
            _selected = 0;
            foreach (IdeDrive? drive in _drives)
            {
                if (drive is not null)
                {
                    drive.Registers.Device = 0;
                    drive.BeginSoftReset();
                }
            }
        }
        else if (wasReset && !isReset)
        {
            foreach (IdeDrive? drive in _drives)
            {
                drive?.FinishResetLater();
            }
        }

        Follow();
    }

    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("selected", (ulong)_selected);
        to.Write("control", (ulong)_control);
        to.Write("intrq", _interrupt);
        BusMaster.Save(to);
        foreach (IdeDrive? drive in _drives)
        {
            to.Write("hasDrive", drive is not null);
            drive?.Save(to);
        }

        to.End();
    }

    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _selected = (int)from.ReadUnsigned("selected", 1);
        _control = (byte)from.ReadUnsigned("control", 0xFF);
        _interrupt = from.ReadBool("intrq");
        BusMaster.Restore(from);
        foreach (IdeDrive? drive in _drives)
        {
            if (from.ReadBool("hasDrive") != drive is not null)
            {
                throw new StateFormatException($"{Name}: other drives than this machine has");
            }

            drive?.Restore(from);
        }

        from.End();
        Follow();
    }

    private byte ReadRegister(int register)
    {
        if (register == IdeRegister.Status)
        {
            byte status = ReadStatus();
            Selected?.AcknowledgeInterrupt();
            Follow();
            return status;
        }

        return Answering is not { } drive
            ? Floating
            : register switch
            {
                IdeRegister.Data => (byte)0xFF,
                IdeRegister.Error => drive.Error,
                IdeRegister.Device => DeviceOf(drive),
                > IdeRegister.Status => (byte)0xFF,
                _ => drive.Registers.Read(register, IsHighOrder),
            };
    }

    private byte DeviceOf(IdeDrive drive) =>
        (byte)((drive.Registers.Device & ~IdeControl.SecondDrive) | IdeControl.AlwaysOnes | (_selected == 1 ? IdeControl.SecondDrive : 0));

    private void WriteRegister(int register, byte value)
    {
        switch (register)
        {
            case IdeRegister.Status:
                WriteCommand(value);
                break;
            case IdeRegister.Device:
                _selected = (value & IdeControl.SecondDrive) != 0 ? 1 : 0;
                break;
            case > IdeRegister.Status:
                return;
            default:
                break;
        }

        // Any write to the command block takes HOB back (7.8).
        _control &= unchecked((byte)~IdeControl.HighOrder);
        if (register != IdeRegister.Status)
        {
            foreach (IdeDrive? drive in _drives)
            {
                if (drive is { IsBusy: false })
                {
                    WriteTo(drive.Registers, register, value);
                }
            }
        }

        Follow();
    }

    private static void WriteTo(TaskFile registers, int register, byte value)
    {
        if (register == IdeRegister.Device)
        {
            registers.Device = value;
        }
        else if (register != IdeRegister.Data)
        {
            registers.Write(register, value);
        }
    }

    private void WriteCommand(byte command)
    {
        if (command != IdeCommand.Diagnose)
        {
            Selected?.Write(command);
            return;
        }

        if (Selected is { } drive && (drive.Status & (IdeStatus.Busy | IdeStatus.DataRequest)) != 0)
        {
            return;
        }

        // Both drives do it, whichever is selected, and the first is selected afterwards (8.9).
        _selected = 0;
        foreach (IdeDrive? each in _drives)
        {
            if (each is not null)
            {
                each.Registers.Device = 0;
                each.Diagnose();
            }
        }
    }
}

/// <summary>The control block: Alternate Status (read) and Device Control (write).</summary>
internal sealed class IdeControlPort(IdeChannel channel) : IRegisterBlock
{
    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = channel.ReadStatus();
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        channel.WriteControl((byte)value);
        return true;
    }
}

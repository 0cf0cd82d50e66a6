// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDatacenterRegistry} from "../interfaces/IDatacenterRegistry.sol";
import {ILeaseClient} from "../interfaces/ILeaseClient.sol";
import {ILeaseManager} from "../interfaces/ILeaseManager.sol";
import {IResultBoard} from "../interfaces/IResultBoard.sol";
import {IVault} from "../interfaces/IVault.sol";
import {TermsCode} from "../libraries/TermsCode.sol";
import {Lease, LeaseState, Terms} from "../types/Lease.sol";

/// @title Results, and the call that brings one to a contract without giving it any power over who calls.
abstract contract Delivery is IResultBoard, ReentrancyGuardTransient {
    uint256 internal constant CALLBACK_GAS = 200_000;
    /// @dev What the caller must have so that the client has all of CALLBACK_GAS: a call may pass on 63/64 of what is there.
    /// The rest is the cold account (2,600) and what comes after the call, with room.
    uint256 private constant DELIVERY_GAS = CALLBACK_GAS * 64 / 63 + 30_000;

    /// @inheritdoc IResultBoard
    ILeaseManager public immutable override leaseManager;
    /// @inheritdoc IResultBoard
    IVault public immutable override vault;
    IDatacenterRegistry internal immutable _registry;

    mapping(bytes32 id => Result) private _results;

    constructor(ILeaseManager leaseManager_) {
        leaseManager = leaseManager_;
        vault = leaseManager_.vault();
        _registry = leaseManager_.registry();
        if (!vault.isManager(address(this))) revert NotManagerOf(address(vault));
    }

    /// @inheritdoc IResultBoard
    function deliver(bytes32 id) external nonReentrant {
        Result storage r = _results[id];
        if (r.postedAt == 0) revert ResultUnknown(id);
        if (r.client == address(0) || r.delivered) revert NothingToDeliver(id);
        _deliver(id);
    }

    /// @inheritdoc IResultBoard
    function resultOf(bytes32 id) external view returns (Result memory) {
        return _results[id];
    }

    /// @param client zero: no callback. Decided by what was signed at the match or the opening, never by who has code now
    function _record(bytes32 id, bytes32 digest, uint32 status, address client) internal {
        if (_results[id].postedAt != 0) revert ResultExists(id);
        _results[id] = Result(digest, status, uint40(block.timestamp), false, client);
    }

    /// @dev Last of all: books are written, money has moved, and the guard keeps the client out of this contract. All that the
    /// client can do is what it could do in any transaction of its own.
    function _deliver(bytes32 id) internal {
        Result storage r = _results[id];
        address client = r.client;
        if (client == address(0)) return;
        bytes memory data = abi.encodeCall(ILeaseClient.onLeaseResult, (id, r.digest, r.status));
        // A caller with too little gas would make the call fail, and have it look like the client's fault.
        if (gasleft() < DELIVERY_GAS) revert GasTooLow(gasleft(), DELIVERY_GAS);
        bool ok;
        // solhint-disable-next-line no-inline-assembly, bounded gas, no return data copied: the language has no such call
        assembly ("memory-safe") {
            // No return data is copied: its length is the client's choice, its price the caller's.
            ok := call(CALLBACK_GAS, client, 0, add(data, 0x20), mload(data), 0, 0)
        }
        // A call to an address without code succeeds and reaches nobody; the code may come later.
        if (ok && client.code.length != 0) {
            r.delivered = true;
            emit ResultDelivered(id, client);
        } else {
            emit DeliveryFailed(id, client);
        }
    }

    /// @dev A lease that runs, or winds down; and the terms that it has now.
    function _checkRuns(bytes32 leaseId, Terms calldata terms) internal view {
        Lease memory l = leaseManager.lease(leaseId);
        if (l.termsHash == 0 || l.termsHash != TermsCode.hash(terms)) revert TermsDiffer(leaseId);
        if (l.state != LeaseState.Active && l.state != LeaseState.Closing) revert LeaseNotRun(leaseId);
    }

    function _checkOperator(address provider) internal view {
        (address operator,,) = _registry.payee(provider);
        if (msg.sender != operator && msg.sender != provider) revert NotOperator(msg.sender, operator);
    }
}

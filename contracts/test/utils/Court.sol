// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "./Fixture.sol";

/// @title A lease with an arbiter, claims that wait, and the moves of those who fight over them.
abstract contract Court is Fixture {
    uint96 internal constant BOND = DISPUTE_BOND;
    address internal sessionKey = address(0x5E55);

    /// @dev A claim of full load since the activation, not countersigned.
    function _claim(bytes32 id, Terms memory terms, uint32 seq, uint64 seconds_) internal {
        UsageReceipt memory receipt = _receipt(id, seq, seconds_);
        vm.prank(operator);
        manager.settle(terms, receipt, "", "");
    }

    /// @dev 1,000 seconds on: all of them claimed.
    function _claimed() internal returns (bytes32 id, Terms memory terms) {
        (id, terms) = _active();
        vm.warp(START + 1000);
        _claim(id, terms, 1, 1000);
    }

    /// @dev The tenant says that only `seconds_` of full load were used.
    function _open(bytes32 id, Terms memory terms, uint64 seconds_) internal returns (uint256 dispute) {
        Usage memory counter = _fullUsage(seconds_);
        vm.prank(tenant);
        return disputes.open(id, terms, counter, 0, "evidence", type(uint96).max, "");
    }

    /// @dev 10 claimed, 4 admitted: 6 in dispute.
    function _disputed() internal returns (uint256 dispute, bytes32 id, Terms memory terms) {
        (id, terms) = _claimed();
        dispute = _open(id, terms, 400);
    }

    function _changeSpec(bytes32 id, Terms memory terms) internal returns (Terms memory changed) {
        changed = abi.decode(abi.encode(terms), (Terms));
        changed.specHash = keccak256(abi.encode(terms.specHash));
        vm.prank(terms.tenant);
        manager.amendSpec(id, terms, changed.specHash);
    }

    /// @dev Both sides double all prices from now on, `seconds_` of full load after the activation.
    function _doublePrices(bytes32 id, Terms memory terms, uint32 seq, uint64 seconds_) internal returns (Terms memory t) {
        t = abi.decode(abi.encode(terms), (Terms));
        t.prices.cpu *= 2;
        t.prices.memoryMiB *= 2;
        t.prices.storageMiB *= 2;
        t.prices.egress *= 2;
        t.prices.gpuA *= 2;
        t.slice *= 2;
        t.penalty *= 2;
        _amend(terms, t, _amendment(id, terms, t, seq, seconds_));
    }

    /// @dev What the provider gets of a first payment.
    function _net(uint256 gross) internal pure returns (uint256) {
        return gross - gross * FEE_BPS / 10_000;
    }
}

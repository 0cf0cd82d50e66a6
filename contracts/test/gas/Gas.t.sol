// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Offer, Request, Settlement, Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";

/// @title What each step costs, as whole transactions: snapshots/Gas.json.
/// @dev Isolated: every top-level call is a transaction of its own, with 21,000, calldata and cold slots. "Steady" is the usual
/// case: maker, counter and totals have been used before; "first" pays for new slots.
/// forge-config: default.isolate = true
/// forge-config: ci.isolate = true
contract GasTest is Fixture {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Gas", name);
    }

    function test_Match() external {
        _reserved();
        _snap("match, first lease of Offer and Request");
        _reserved();
        _snap("match, further lease of both");
        Request memory r = _request();
        r.salt = 1;
        _match(_offer(), r);
        _snap("match, new Request on a standing Offer");
        Offer memory o = _offer();
        r.salt = 2;
        r.fills = 1;
        o.requestHash = manager.requestHash(r);
        _match(o, r);
        _snap("match, quote and Request of one fill");
        vm.prank(tenant);
        vault.withdraw(address(token), DEPOSIT, tenant);
        r.salt = 3;
        _match(_offer(), r);
        _snap("match, escrow by ERC-20 allowance");
    }

    function test_Activate() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.prank(operator);
        manager.activate(id, terms);
        _snap("activate");
    }

    function test_Settle() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 100);
        _settle(terms, _receipt(id, 1, 100));
        _snap("settle, first of the lease, by the operator");
        vm.warp(START + 200);
        _settle(terms, _receipt(id, 2, 200));
        _snap("settle, by the operator");
        vm.warp(START + 300);
        UsageReceipt memory receipt = _receipt(id, 3, 300);
        bytes memory signature = _sign(OPERATOR_KEY, manager.receiptHash(receipt));
        vm.prank(stranger);
        manager.settle(terms, receipt, signature);
        _snap("settle, by a stranger with a signed receipt");
    }

    function test_SettleMany() external {
        uint256 n = 10;
        Settlement[] memory items = new Settlement[](n);
        bytes32[] memory ids = new bytes32[](n);
        Terms[] memory terms = new Terms[](n);
        Request memory r = _request();
        (r.fills, r.deposit) = (uint32(n), DEPOSIT / 2);
        for (uint256 i = 0; i < n; ++i) (ids[i], terms[i]) = _match(_offer(), r);
        vm.prank(operator);
        manager.activateMany(ids, terms);
        _snap("activateMany, 10");
        for (uint32 round = 1; round <= 2; ++round) {
            vm.warp(START + round * 100);
            for (uint256 i = 0; i < n; ++i) items[i] = Settlement(terms[i], _receipt(ids[i], round, round * 100));
            vm.prank(operator);
            manager.settleMany(items);
        }
        _snap("settleMany, 10");
    }

    function test_TopUp() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.prank(tenant);
        manager.topUp(id, terms, 1e6);
        _snap("topUp, internal balance");
        _fund(stranger, 10e6);
        vm.prank(stranger);
        manager.topUp(id, terms, 1e6);
        _snap("topUp, by ERC-20 allowance");
    }

    function test_Close() external {
        (bytes32 id, Terms memory terms) = _active();
        (bytes32 reserved, Terms memory reservedTerms) = _reserved();
        vm.prank(tenant);
        manager.close(reserved, reservedTerms);
        _snap("close, reserved");
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 1, 1000));
        vm.prank(tenant);
        manager.close(id, terms);
        _snap("close, begins the notice");
        vm.warp(START + 2000 + NOTICE + SUBMIT);
        vm.prank(stranger);
        manager.close(id, terms);
        _snap("close, refunds the rest");
    }

    function test_FinalReceipt() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 1, 1000));
        vm.prank(tenant);
        manager.close(id, terms);
        vm.warp(START + 1000 + NOTICE);
        UsageReceipt memory receipt = _receipt(id, 2, 1600);
        receipt.isFinal = true;
        _settle(terms, receipt);
        _snap("settle, final: pays and closes");
    }

    function test_Withdraw() external {
        vm.startPrank(tenant);
        vault.withdraw(address(token), DEPOSIT, tenant);
        _snap("withdraw");
        vault.deposit(address(token), tenant, DEPOSIT);
        _snap("deposit");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../../src/interfaces/IResultBoard.sol";
import {Request, Terms} from "../../../src/types/Lease.sol";
import {Client} from "../../utils/HostileClients.sol";
import {Quorum} from "../../utils/Quorum.sol";

contract PostResultTest is Quorum {
    function _post(address caller, bytes32 id, Terms memory terms, bytes32 digest) private {
        vm.prank(caller);
        results.postResult(id, terms, digest, 7);
    }

    function _called() private returns (Client client, bytes32 id, Terms memory terms) {
        client = new Client(tenant);
        (id, terms) = _activeFor(address(client));
    }

    function test_RevertWhen_TheTermsAreNotThoseOfNow() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.TermsDiffer.selector, bytes32("?")));
        _post(operator, bytes32("?"), terms, RESULT);
        terms.callback = true;
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.TermsDiffer.selector, id));
        _post(operator, id, terms, RESULT);
    }

    function test_RevertWhen_TheLeaseDoesNotRun() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.LeaseNotRun.selector, id));
        _post(operator, id, terms, RESULT);
    }

    function test_RevertWhen_NotTheOperator() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.NotOperator.selector, tenant, operator));
        _post(tenant, id, terms, RESULT);
    }

    function test_RevertWhen_ThereIsOne() external {
        (bytes32 id, Terms memory terms) = _active();
        _post(operator, id, terms, RESULT);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.ResultExists.selector, id));
        _post(operator, id, terms, LIE);
    }

    function test_RevertWhen_TheLeaseIsPartOfAJob() external {
        Client client = new Client(tenant);
        Request memory r = _requestOf(address(client));
        _replicas(r, 3);
        IResultBoard.JobTerms memory job = _job();
        (job.tenant, job.reward, job.callback) = (address(client), 0, true);
        bytes32 id = _openJob(job);
        _commit(job, 0, RESULT);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.ReplicaIsPart.selector, leaseIds[0], id));
        _post(_operatorOf(0), leaseIds[0], leaseTerms[0], LIE);
        vm.assertEq(client.calls(), 0, "calls");
    }

    function test_WithoutCallback() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.expectEmit(address(results));
        emit IResultBoard.ResultPosted(id, provider, RESULT, 7);
        _post(provider, id, terms, RESULT);
        IResultBoard.Result memory r = results.resultOf(id);
        vm.assertEq(r.digest, RESULT, "digest");
        vm.assertEq(r.status, 7, "status");
        vm.assertEq(r.client, address(0), "client");
        vm.assertFalse(r.delivered, "delivered");
    }

    function test_WithCallback() external {
        (Client client, bytes32 id, Terms memory terms) = _called();
        vm.expectEmit(address(results));
        emit IResultBoard.ResultDelivered(id, address(client));
        _post(operator, id, terms, RESULT);
        vm.assertEq(client.id(), id, "id");
        vm.assertEq(client.digest(), RESULT, "digest");
        vm.assertEq(client.status(), 7, "status");
        vm.assertEq(client.calls(), 1, "calls");
        vm.assertTrue(results.resultOf(id).delivered, "delivered");
    }

    /// @dev Whatever the caller brings: it reverts, or the client has all of its gas.
    function test_ACallerCannotStarveTheClient() external {
        (Client client, bytes32 id, Terms memory terms) = _called();
        uint256 state = vm.snapshotState();
        bool went;
        for (uint256 gas_ = 200_000; gas_ < 450_000; gas_ += 2_500) {
            vm.prank(operator);
            try results.postResult{gas: gas_}(id, terms, RESULT, 7) {
                vm.assertGe(client.gasGiven(), 199_500, "starved");
                went = true;
            } catch {
                vm.assertFalse(went, "more gas, and yet refused");
            }
            vm.revertToState(state);
        }
        vm.assertTrue(went, "never got through");
    }

    function test_RevertWhen_TooLittleGas() external {
        (, bytes32 id, Terms memory terms) = _called();
        vm.prank(operator);
        try results.postResult{gas: 280_000}(id, terms, RESULT, 7) {
            vm.assertTrue(false, "went through");
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(IResultBoard.GasTooLow.selector), "reason");
        }
    }
}
